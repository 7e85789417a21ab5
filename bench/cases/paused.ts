/** What the cases with a pause before each request have in common. */
import type { Figures, Setting } from '../harness/case.ts';
import { runProgram } from '../harness/process.ts';
import { percentiles } from '../harness/stats.ts';
import type { GapJob, GapSamples } from '../peers/gap.ts';

export const PAUSED_NOTE =
  "CPU is that of both processes, less what the asker's waiting takes when it waits as often and asks nothing (waitCpuNs). " +
  'Under 1 ms the asker waits busily, so what its own link spends on polling in a gap is not to be seen; from 1 ms on, with timers, it is.';

/** One trial of `job`, timed for `timedMs`. */
export async function pausedFigures(
  job: Omit<GapJob, 'warmupMs' | 'timedMs' | 'cpus'>,
  setting: Setting,
  timedMs = setting.timedMs,
): Promise<Figures> {
  const { warmupMs, cpus } = setting;
  const whole: GapJob = { ...job, warmupMs, timedMs, cpus };
  const { result } = await runProgram<GapSamples>('gap', whole, setting);
  const { latencyNs, requests, askerCpuNs, waitCpuNs, answererCpuNs } = result;
  const more = {
    gapUs: result.gapUs,
    // A control run is a run of its own: where the CPU time is small, its difference can come out below zero.
    askerCpuNs: Math.max(0, askerCpuNs - waitCpuNs) / requests,
    answererCpuNs: answererCpuNs / requests,
    waitCpuNs: waitCpuNs / requests,
    requests,
  };
  return { unit: 'ns', ...percentiles(latencyNs), cpuNsPerMessage: more.askerCpuNs + more.answererCpuNs, more };
}
