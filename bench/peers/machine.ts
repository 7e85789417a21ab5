/** Starts a machine as its users do, fills it with domains that have devices, and asks its API for the list. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiClient } from 'ctrl-if/api';
import { ROOT } from '../harness/paths.ts';
import { type IdleFigures, idleFigures, QUIET } from './idle-figures.ts';
import { printFigures } from './peer.ts';

export interface MachineJob {
  domains: number;
  lists: number;
  /** How long to look at it while nobody asks anything. */
  seconds: number;
}

export interface MachineSamples extends IdleFigures {
  /** Nanoseconds that each list took. */
  lists: number[];
  devices: number;
  createMs: number;
}

const NAME = 'bench-machine';
/** Domains that start at once: more do not start sooner on two cores. */
const AT_ONCE = 4;
const SETTLE_MS = 8000;

await printFigures(async ({ domains, lists, seconds }: MachineJob): Promise<MachineSamples> => {
  const args = [...QUIET, join(ROOT, 'dist/cli/main.js'), 'machine', '--quiet', '--name', NAME];
  const machine = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(machine, 'exit');
  const images = mkdtempSync(join(tmpdir(), 'ctrl-if-bench-'));
  try {
    // Its first line says that its API answers.
    await Promise.race([
      once(machine.stdout, 'data'),
      ended.then(() => Promise.reject(new Error('the machine ended'))),
    ]);
    const client = new ApiClient({ name: NAME });
    const began = performance.now();
    const createFrom = async (first: number) => {
      for (let i = first; i < domains; i += AT_ONCE) await client.create(configOf(i, images));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, (_, first) => createFrom(first)));
    const createMs = performance.now() - began;
    await sleep(SETTLE_MS);
    const idle = await idleFigures([machine.pid!], seconds);
    const samples: number[] = [];
    let devices = 0;
    for (let i = 0; i < lists; i++) {
      const start = process.hrtime.bigint();
      const list = await client.list();
      samples.push(Number(process.hrtime.bigint() - start));
      const guests = list.filter(({ name }) => name !== 'driver');
      const all = guests.flatMap((guest) => guest.devices);
      if (guests.length !== domains || !all.every(({ crossed }) => crossed))
        throw new Error('a domain or a device is missing');
      devices = all.length;
    }
    return { ...idle, lists: samples, devices, createMs };
  } finally {
    machine.kill('SIGTERM');
    await ended;
    rmSync(images, { recursive: true });
  }
});

/** Of a domain with five devices; its disks are empty files in `images`. */
function configOf(i: number, images: string) {
  const disks = [1, 2].map((vdevice) => ({ target: join(images, `disk${i}.${vdevice}`), vdevice }));
  for (const { target } of disks) writeFileSync(target, '');
  // A USB backend has 128 ports.
  const others = i < 100 ? { vifs: [{}, {}], usbs: [{ path: `1-${i + 1}` }] } : { vifs: [{}, {}, {}] };
  return { name: `guest${i}`, memory: 1, disks, ...others };
}
