/** Does a stream make garbage? Ten million messages, and the collections that the asking process needed meanwhile. */
import type { BenchCase, Ratio } from '../harness/case.ts';
import { runProgram } from '../harness/process.ts';
import { streamFigures } from '../harness/stats.ts';
import type { Job } from '../peers/job.ts';
import type { Samples } from '../peers/samples.ts';
import { FAST, WINDOW } from './peers.ts';

const MESSAGES = 10_000_000;

export const cases: readonly BenchCase[] = [
  {
    name: 'collections.native',
    about: 'ten million messages streamed over the control ring, and the garbage collections meanwhile',
    note: 'collections of the asking process, whose every message is staged, published, taken and checked; the goal is 0',
    needsTwoCores: true,
    rounds: 1,
    async trial(setting) {
      const { warmupMs, cpus } = setting;
      const job: Job = {
        transport: 'ring',
        engine: 'native',
        measure: 'stream',
        window: WINDOW,
        ...FAST,
        warmupMs,
        timedMs: 200,
        timedMessages: MESSAGES,
        cpus,
      };
      const { result } = await runProgram<Samples>('front', job, setting, {});
      return [{ ...streamFigures(result), more: { collections: result.collections ?? 0, messages: result.messages } }];
    },
  },
];

export const ratios: readonly Ratio[] = [];
