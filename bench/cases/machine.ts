/** What does an operator wait for, with two hundred real domains? */
import { availableParallelism, freemem } from 'node:os';
import type { BenchCase, Ratio } from '../harness/case.ts';
import { runProgram } from '../harness/process.ts';
import { percentiles } from '../harness/stats.ts';
import type { MachineJob, MachineSamples } from '../peers/machine.ts';

const JOB: MachineJob = { domains: 200, lists: 100, seconds: 10 };
/** A domain is a process of Node's. */
const BYTES_PER_DOMAIN = 50 << 20;
const NOTE =
  'A machine with its API as `ctrl-if machine` runs it, 200 domains that are processes, five connected devices each: what GET /domains takes from another process, whole list parsed. cpuNs and ' +
  'switches are of the machine in 10 s without requests, seen from outside (--no-memory-reducer); createMs is of all 200, four at a time.';

export const cases: readonly BenchCase[] = [
  {
    name: `machine.${JOB.domains}`,
    about: 'the list of 200 domains with 1,000 devices, over the API',
    note: NOTE,
    needsTwoCores: false,
    rounds: 1,
    quickRounds: 0,
    absent: async () =>
      freemem() > JOB.domains * BYTES_PER_DOMAIN
        ? undefined
        : `${JOB.domains} domains need ${JOB.domains * 50} MiB of free memory`,
    async trial(setting) {
      const cpus = Array.from({ length: availableParallelism() }, (_, i) => i);
      const { result } = await runProgram<MachineSamples>('machine', JOB, setting, { cpus, longestMs: 180_000 });
      const { lists, ...more } = result;
      return [{ ...percentiles(lists), more: { ...more, longest: Math.max(...lists) } }];
    },
  },
];

export const ratios: readonly Ratio[] = [];
