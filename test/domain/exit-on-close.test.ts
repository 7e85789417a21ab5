/** A process that ends in its listener of 'close', as programs do. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { Domain } from '../../lib/index.ts';
import { printIfTestFails } from '../support/child-output.ts';
import { listen, useRuntimeDirectory } from './meeting.ts';

useRuntimeDirectory();
const ENTRY = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const GUEST = `
  import { Guest } from ${JSON.stringify(ENTRY)};
  const guest = await Guest.connect({ name: 'test' });
  guest.on('close', () => process.exit());
  await guest.close();
`;

it('a guest that closes and exits at once has closed, and has not died', async () => {
  const controller = await listen();
  const arrival = once(controller, 'domain') as Promise<[Domain]>;
  const guest = spawn(process.execPath, ['--input-type=module', '-e', GUEST], { stdio: ['ignore', 'pipe', 'pipe'] });
  printIfTestFails(guest);
  const exited = once(guest, 'exit');
  const [domain] = await arrival;
  expect(await once(domain, 'close')).toEqual([undefined]);
  expect(await exited).toEqual([0, null]);
});
