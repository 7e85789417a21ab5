/** How fast can this machine be? C++ on both sides of the very same ring. */
import type { BenchCase, Ratio } from '../harness/case.ts';
import { LIMIT, whyNoLimit } from '../harness/limit.ts';
import { runCommand } from '../harness/process.ts';
import type { Job } from '../peers/job.ts';
import type { Samples } from '../peers/samples.ts';
import { BATCHED_NOTE, figuresOf } from './peers.ts';

/** The limit of a ring of any size that `native/limit` was compiled for. */
export function limitCase(
  name: string,
  about: string,
  measure: Job['measure'],
  ring: readonly string[] = [],
): BenchCase {
  return {
    name,
    about,
    ...(measure === 'rtt' ? { note: BATCHED_NOTE } : {}),
    needsTwoCores: true,
    syscalls: 'full',
    absent: () => whyNoLimit(),
    async trial(setting) {
      const { warmupMs, timedMs, cpus } = setting;
      const pinned = cpus ? ['--cpus', cpus.join(',')] : [];
      const times = ['--warmup-ms', String(warmupMs), '--timed-ms', String(timedMs)];
      const { result, syscalls } = await runCommand<Samples>([LIMIT, measure, ...pinned, ...times, ...ring], setting);
      return [figuresOf(measure, result, syscalls)];
    },
  };
}

export const cases: readonly BenchCase[] = [
  limitCase('rtt.limit', 'C++ to C++ on the control ring, both spinning: a request and its response', 'rtt'),
  limitCase('stream.limit', 'the same, with a window of 8 always full', 'stream'),
];

export const ratios: readonly Ratio[] = [];
