/** The rounds of a run. */
import { BUSY_AFTER, BUSY_BEFORE, load } from './calm.ts';
import type { BenchCase, Ratio, Setting } from './case.ts';
import type { Pinning } from './cpus.ts';
import { describe, describeMachine } from './machine.ts';
import { Collected, type Report } from './report.ts';
import { rotated } from './stats.ts';
import { whyNoSyscalls } from './syscalls.ts';

export interface RunOptions {
  readonly quick: boolean;
  readonly cases: readonly BenchCase[];
  readonly ratios: readonly Ratio[];
  readonly pinning: Pinning;
  /** Told what is going on, for people who wait. */
  progress(line: string): void;
}

const FULL = { rounds: 12, warmupMs: 150, timedMs: 400 };
/** All of it under a minute on two cores. */
const QUICK = { rounds: 3, warmupMs: 100, timedMs: 80 };
const TRACED = { warmupMs: 20, timedMs: 40 };

/** Rejects as soon as one trial does: a run that saw anything wrong has no figures. */
export async function run({ quick, cases, ratios, pinning, progress }: RunOptions): Promise<Report> {
  const { rounds, warmupMs, timedMs } = quick ? QUICK : FULL;
  const machine = describeMachine(pinning, rounds, quick);
  progress(describe(machine));
  if (machine.loadAverage > BUSY_BEFORE) {
    progress(`the machine is busy already (load ${machine.loadAverage.toFixed(1)}): it would do better alone`);
  }
  const roundsOf = ({ rounds: most = rounds, quickRounds = most }: BenchCase) =>
    Math.min(rounds, quick ? quickRounds : most);
  const { present, absent } = await divide(
    cases.filter((bench) => roundsOf(bench) > 0),
    pinning,
  );
  for (const { case: name, why } of absent) progress(`${name}: absent: ${why}`);

  const collected = new Collected();
  const setting = (round: number): Setting => {
    return { round, quick, cpus: pinning.cpus, warmupMs, timedMs, countSyscalls: false };
  };
  const traced = present.filter(({ syscalls }) => syscalls === 'always' || (syscalls === 'full' && !quick));
  const noSyscalls = traced.length > 0 ? whyNoSyscalls() : undefined;
  const total = present.reduce((sum, bench) => sum + roundsOf(bench), 0);
  let done = 0;
  for (let round = 0; round < rounds; round++) {
    for (const bench of rotated(present, round, rounds)) {
      if (round >= roundsOf(bench)) continue;
      progress(`[${++done}/${total}] round ${round + 1} of ${rounds}: ${bench.name}`);
      const figures = await naming(bench, () => bench.trial(setting(round)));
      for (const one of figures) collected.add(bench, round, one);
    }
  }
  if (noSyscalls) {
    progress(`system calls are not counted: ${noSyscalls}`);
  } else {
    for (const [at, bench] of traced.entries()) {
      progress(`[${at + 1}/${traced.length}] counting system calls: ${bench.name}`);
      const figures = await naming(bench, () => bench.trial({ ...setting(rounds), ...TRACED, countSyscalls: true }));
      for (const one of figures) collected.addSyscalls(bench, one);
    }
  }
  machine.loadAverageAfter = load();
  if (machine.loadAverageAfter > BUSY_AFTER) {
    progress(
      `others used the machine meanwhile (load ${machine.loadAverageAfter.toFixed(1)}): run it again when it is idle`,
    );
  }
  return { machine, rows: collected.rows(present), ratios: collected.ratios(ratios), absent };
}

async function divide(cases: readonly BenchCase[], { available }: Pinning) {
  const present: BenchCase[] = [];
  const absent: { case: string; why: string }[] = [];
  for (const bench of cases) {
    const why =
      available === 1 && bench.needsTwoCores
        ? 'with one core, two sides that spin would measure how long the system lets each run'
        : await bench.absent?.();
    if (why === undefined) present.push(bench);
    else absent.push({ case: bench.name, why });
  }
  return { present, absent };
}

async function naming<T>(bench: BenchCase, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(`${bench.name} failed, so this run has no figures: ${(error as Error).message}`, { cause: error });
  }
}
