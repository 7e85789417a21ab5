/** What do the first requests of two fresh processes cost, and after how many is that over? */
import type { BenchCase, Figures, Ratio } from '../harness/case.ts';
import { runProgram } from '../harness/process.ts';
import { type Block, costUntil, settledOf } from '../harness/warmup.ts';
import type { WarmupSamples } from '../peers/warmup.ts';

/** Each row is of the requests from the one before it to this one. */
const UNTIL = [1, 10, 100, 1000, 10_000, 20_000];

const NOTE =
  'Nanoseconds of one request: the mean of those after the row before it. settled is the median of 500 at a time from 80,000 to 100,000, and settledAfter how many requests ' +
  'passed until 500 cost at most 1.25 times that, those after it by their median as well. The processes have connected and exchanged nothing else; each side has one core for its event loop and for the threads that compile.';

const warmupCase = (name: 'native' | 'spin', label: string): BenchCase => {
  const family = `warmup.await.${name}`;
  return {
    name: family,
    label,
    about: `the first requests of two fresh processes, await request(), ${label}`,
    note: NOTE,
    needsTwoCores: true,
    quickRounds: 2,
    async trial(setting) {
      const idle = name === 'spin' ? { idle: name } : {};
      const job = { transport: 'link', engine: 'native', measure: 'warmup', ...idle };
      const { result } = await runProgram<WarmupSamples>('front', job, setting);
      return figuresOf(family, result.blocks);
    },
  };
};

function figuresOf(family: string, blocks: readonly Block[]): Figures[] {
  const { ns, after } = settledOf(blocks);
  return [
    ...UNTIL.map((end, i) => ({
      row: `${family}.${end}`,
      at: end,
      p50: costUntil(blocks, UNTIL[i - 1] ?? 0, end),
    })),
    // At the end of all that are measured.
    { row: `${family}.settled`, at: blocks.at(-1)!.end, p50: ns, more: { settledAfter: after } },
  ];
}

export const cases: readonly BenchCase[] = [warmupCase('native', 'native'), warmupCase('spin', 'native, never asleep')];

export const ratios: readonly Ratio[] = [1000, 10_000, 20_000].map((end) => ({
  of: `warmup.await.native.${end}`,
  over: 'warmup.await.native.settled',
}));
