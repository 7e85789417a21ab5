/** What do a thousand guests that say nothing cost the one that speaks, and their controller? */
import type { BenchCase, Ratio } from '../harness/case.ts';
import { runProgram } from '../harness/process.ts';
import { roundTripFigures } from '../harness/stats.ts';
import type { ScaleJob, ScaleSamples } from '../peers/scale.ts';
import { FAST } from './peers.ts';

const COUNTS = [1, 10, 100, 1000];
const NOTE =
  'One guest asks, the others are connected and silent; all guests share one process and one core; links sleep after a silent millisecond. controllerCpuNs is of one message; ' +
  'memory and descriptors are those that the controller has for one guest more, from no guest to all.';

const scaleCase = (guests: number): BenchCase => ({
  name: `scale.${guests}`,
  about: `await request() of one guest, native, with ${guests} connected`,
  note: NOTE,
  needsTwoCores: true,
  rounds: 3,
  quickRounds: guests === 10 || guests === 100 ? 0 : 1,
  async trial(setting) {
    const { warmupMs, timedMs, cpus } = setting;
    const job: ScaleJob = { guests, warmupMs, timedMs, cpus, ...FAST };
    const { result } = await runProgram<ScaleSamples>('scale', job, setting, { flags: ['--expose-gc'] });
    const { controllerCpuNs, rssBytes, heapBytes, descriptors, ...samples } = result;
    const more = {
      controllerCpuNs: controllerCpuNs / samples.messages,
      rssBytesPerGuest: rssBytes / guests,
      heapBytesPerGuest: heapBytes / guests,
      descriptorsPerGuest: descriptors / guests,
    };
    return [{ ...roundTripFigures(samples), more }];
  },
});

export const cases: readonly BenchCase[] = COUNTS.map(scaleCase);

export const ratios: readonly Ratio[] = [
  { of: 'scale.1000', over: 'scale.1', goal: { atMost: 1.2 } },
  { of: 'scale.1000', over: 'scale.1', by: 'controllerCpuNs', goal: { atMost: 1.2 } },
];
