/** The second process of a command, which is a guest of that command. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { until } from '../support/until.ts';
import { type Cli, pagesOf } from './cli.ts';

/** Resolves with its process id when its controller listens. */
export async function guestOf(cli: Cli, runtimeDirectory: () => string[]): Promise<number> {
  await until(() => runtimeDirectory().some((name) => name.startsWith('exchange-')));
  const pid = cli.process.pid!;
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ')[0]);
}

export function expectNothingLeft(cli: Cli, guest: number, runtimeDirectory: () => string[]): void {
  expect(runtimeDirectory()).toEqual([]);
  expect([...pagesOf(cli.process.pid!), ...pagesOf(guest)]).toEqual([]);
  expect(() => process.kill(guest, 0)).toThrow('ESRCH');
}
