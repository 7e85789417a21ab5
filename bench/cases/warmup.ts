/** What do the first requests of two fresh processes cost, and after how many is that over? */
import type { BenchCase, Figures, Ratio } from '../harness/case.ts';
import { runProgram } from '../harness/process.ts';
import { type Block, costUntil, settledOf } from '../harness/warmup.ts';
import type { WarmupJob, WarmupSamples } from '../peers/warmup.ts';

/** Each row is of the requests from the one before it to this one. */
const UNTIL = [1, 10, 100, 1000, 10_000, 20_000];

const NOTE =
  'Nanoseconds of one request: the mean of those after the row before it. settled is the median of 500 at a time from 80,000 to 100,000, and settledAfter how many requests ' +
  'passed until 500 cost at most 1.25 times that, those after it by their median as well. The processes have connected and exchanged nothing else; each side has one core for its event loop and for the threads that compile.';

const IDLE = {
  native: ['native', {}],
  spin: ['native, with links that never sleep', { idle: 'spin' }],
} as const;

const warmupCase = (name: keyof typeof IDLE): BenchCase => {
  const family = `warmup.await.${name}`;
  const [what, idle] = IDLE[name];
  return {
    name: family,
    about: `the first requests of two fresh processes, await request(), ${what}`,
    note: NOTE,
    needsTwoCores: true,
    quickRounds: 2,
    async trial(setting) {
      const job: WarmupJob = { engine: 'native', ...idle, cpus: setting.cpus };
      const { result } = await runProgram<WarmupSamples>('warmup', job, setting);
      return figuresOf(family, result.blocks);
    },
  };
};

function figuresOf(family: string, blocks: readonly Block[]): Figures[] {
  const { ns, after } = settledOf(blocks);
  return [
    ...UNTIL.map((end, i) => ({
      row: `${family}.${end}`,
      unit: 'ns',
      p50: costUntil(blocks, UNTIL[i - 1] ?? 0, end),
    })),
    { row: `${family}.settled`, unit: 'ns', p50: ns, more: { settledAfter: after } },
  ];
}

export const cases: readonly BenchCase[] = (Object.keys(IDLE) as (keyof typeof IDLE)[]).map(warmupCase);

export const ratios: readonly Ratio[] = [1000, 10_000, 20_000].map((end) => ({
  of: `warmup.await.native.${end}`,
  over: 'warmup.await.native.settled',
}));
