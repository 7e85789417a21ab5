import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import type { CtrlIfErrorCode } from '../../lib/errors.ts';
import { Events, useMachines } from './machines.ts';

/** The memory that the machine has for one more domain. */
const room = vi.hoisted(() => ({ frames: Number.POSITIVE_INFINITY }));
vi.mock('../../lib/page/shm-space.ts', () => ({ freeFrames: () => room.frames }));

const start = useMachines();
const alone = { driver: false } as const;
const fails = (code: CtrlIfErrorCode, details: object = {}) => expect.objectContaining({ code, ...details });
const INDEX = new URL('../../dist/index.js', import.meta.url).href;
const FRAMES_PER_MIB = 256;

/** A guest of 8 MiB that uses `used` frames of them, until SysRq makes it free them. */
const hungry = (used: number) => [
  process.execPath,
  '--input-type=module',
  '-e',
  `import { Guest } from '${INDEX}';
   const frames = 8 * ${FRAMES_PER_MIB};
   const guest = await Guest.connect({ memory: { frames, maximum: frames } });
   const taken = guest.memory.allocateMany(${used});
   for (const frame of taken) guest.memory.frame(frame).store32(0, frame);
   guest.receive('SHUTDOWN_SYSRQ', () => {
     for (const frame of taken) {
       if (guest.memory.frame(frame).load32(0) !== frame) process.exit(1);
       guest.memory.free(frame);
     }
   });
   guest.on('close', () => process.exit());
   await guest.request({ name: 'BLKIF_FE_DRIVER_STATUS', status: 1 });`,
];

/** The MiB that the system has allocated for the memory of that process's domain. */
function populated(pid: number): number {
  const directory = `/proc/${pid}/fd`;
  const [memory] = readdirSync(directory)
    .map((fd) => join(directory, fd))
    .filter((path) => targetOf(path)?.startsWith('/dev/shm/'));
  return (statSync(memory!).blocks * 512) / 2 ** 20;
}

/** What a descriptor refers to; undefined if the process has closed it since the list was read. */
function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}

it('grows and shrinks in shared memory to the target', async () => {
  const machine = await start(alone);
  const { pid } = await machine.create({ name: 'web', memory: 8, maxMemory: 64 });
  expect(populated(pid!)).toBe(8);
  expect(await machine.memorySet('web', 64)).toEqual({ target: 64, reached: 64, maximum: 64, state: 'done' });
  expect(populated(pid!)).toBe(64);
  expect(await machine.memorySet('web', 2)).toMatchObject({ target: 2, reached: 2, state: 'done' });
  expect(populated(pid!)).toBe(2);
  expect(await machine.info('web')).toMatchObject({ memory: { reached: 2 } });
});

it('shrinks as far as it can for a target below the frames in use, reports the size, and keeps the frames in use', async () => {
  const machine = await start(alone);
  const taken = new Events(machine).next(({ name }) => name === 'BLKIF_FE_DRIVER_STATUS');
  await machine.create({ name: 'web', memory: 8, command: hungry(3 * FRAMES_PER_MIB) });
  await taken;
  await expect(machine.memorySet('web', 1)).rejects.toEqual(fails('ERR_CTRL_IF_MEMORY_IN_USE'));
  const { memory } = await machine.info('web');
  expect(memory).toMatchObject({ target: 1, state: 'in-use' });
  expect(memory.reached).toBeGreaterThan(3);
  expect(memory.reached).toBeLessThan(3.1);
  // The guest checks each of its frames, and frees them.
  await machine.sysrq('web', 'f');
  expect(await machine.memorySet('web', 1)).toMatchObject({ reached: 1, state: 'done' });
});

it('is limited by the domain’s maximum and by the free memory of the system', async () => {
  const machine = await start(alone);
  await machine.create({ name: 'web', memory: 4, maxMemory: 8 });
  for (const target of [9, 0, 1.5, -1]) {
    await expect(machine.memorySet('web', target)).rejects.toEqual(fails('ERR_CTRL_IF_CONFIG', { field: 'target' }));
  }
  expect(await machine.memorySet('web', 8)).toMatchObject({ reached: 8 });
  // Its grant table alone needs 1 MiB.
  await machine.create({ name: 'wide', memory: 2, maxMemory: 1024 });
  await expect(machine.memorySet('wide', 1)).rejects.toEqual(fails('ERR_CTRL_IF_CONFIG', { field: 'target' }));
  room.frames = 6 * FRAMES_PER_MIB;
  await expect(machine.create({ name: 'db', memory: 7 })).rejects.toEqual(fails('ERR_CTRL_IF_PAGE_NO_SPACE'));
  expect(await machine.create({ name: 'cache', memory: 6 })).toMatchObject({ state: 'running' });
  expect((await machine.list()).map(({ name }) => name)).toEqual(['web', 'wide', 'cache']);
});
