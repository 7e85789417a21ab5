/** What does a link cost that says nothing? */
import type { BenchCase, Ratio } from '../harness/case.ts';
import { runProgram } from '../harness/process.ts';
import type { IdleJob, IdleSamples } from '../peers/idle.ts';

const SECONDS = { full: 10, quick: 2 };

const NOTE =
  'Seen from outside, by /proc/PID/schedstat and status, of a guest and a controller that have exchanged a message and then nothing. A process ' +
  'that makes a system call, or is run at all, has CPU time: 0 is 0; V8 is told not to collect meanwhile (--no-memory-reducer). cpuNs and switches are of both processes, for the whole time.';

export const cases: readonly BenchCase[] = [
  {
    name: 'idle.native',
    about: 'a link that says nothing: CPU time and context switches of both sides',
    note: NOTE,
    needsTwoCores: false,
    rounds: 1,
    async trial(setting) {
      const job: IdleJob = { seconds: setting.quick ? SECONDS.quick : SECONDS.full };
      const { result } = await runProgram<IdleSamples>('idle', job, setting);
      return [{ unit: 'ns', more: { seconds: job.seconds, cpuNs: result.cpuNs, switches: result.switches } }];
    },
  },
];

export const ratios: readonly Ratio[] = [];
