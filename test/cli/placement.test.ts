import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { choosePlacing } from '../../lib/cli/placement.ts';
import { allowedProcessors } from '../../lib/link/wait/processors.ts';

const processors = allowedProcessors({ pid: process.pid }) ?? [];
const canPlace = processors.length > 1 && spawnSync('taskset', ['--version']).status === 0;
const sleepers: ChildProcess[] = [];

/** Two processes that do nothing until they are killed. */
async function twoProcesses(...launcher: string[]): Promise<[number, number]> {
  const [command, ...args] = [...launcher, 'cat'];
  const started = [0, 1].map(() => spawn(command!, args, { stdio: ['pipe', 'ignore', 'ignore'] }));
  sleepers.push(...started);
  await Promise.all(started.map((child) => once(child, 'spawn')));
  return [started[0]!.pid!, started[1]!.pid!];
}

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const sleeper of sleepers.splice(0)) {
    const gone = once(sleeper, 'exit');
    sleeper.kill('SIGKILL');
    await gone;
  }
});

describe.runIf(canPlace)('two processes', () => {
  it('are moved to two processors and to one, and get their processors back', async () => {
    const pids = await twoProcesses();
    const processorsOfBoth = () => pids.map((pid) => allowedProcessors({ pid }));
    const before = processorsOfBoth();
    const placing = await choosePlacing(pids, (all) => all.toReversed());
    const [first, second] = placing.processors;
    expect(placing).toMatchObject({ placements: ['apart', 'together'] });
    expect(placing.why).toBeUndefined();
    expect(first).toBe(processors.at(-1));
    expect(second).not.toBe(first);
    await placing.place('apart');
    expect(processorsOfBoth()).toEqual([[first], [second]]);
    await placing.place('together');
    expect(processorsOfBoth()).toEqual([[first], [first]]);
    await placing.restore();
    expect(processorsOfBoth()).toEqual(before);
  });

  it('are not moved without taskset, and the reason is given', async () => {
    const pids = await twoProcesses();
    vi.stubEnv('PATH', '/nonexistent');
    const placing = await choosePlacing(pids);
    expect(placing).toMatchObject({ placements: ['free'], why: 'there is no taskset (util-linux)', processors });
    await placing.place('together');
    expect(pids.map((pid) => allowedProcessors({ pid }))).toEqual([processors, processors]);
  });

  it('are not moved when they may use only one processor', async () => {
    const [only] = processors;
    const launched = await twoProcesses('taskset', '-c', String(only));
    await vi.waitFor(() => expect(launched.map((pid) => allowedProcessors({ pid }))).toEqual([[only], [only]]));
    expect(await choosePlacing(launched)).toMatchObject({
      placements: ['free'],
      why: 'there is only one processor for both processes',
    });
  });
});

it('reports that the system does not list the processors', async () => {
  expect(await choosePlacing([0, 0])).toMatchObject({
    placements: ['free'],
    why: 'the system does not say which processors there are',
  });
});
