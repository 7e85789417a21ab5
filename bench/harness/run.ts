/** The rounds of a run. */
import { percent, type ReadLoad, readLoad } from './calm.ts';
import type { BenchCase, Ratio, Setting } from './case.ts';
import { Collected } from './collected.ts';
import type { Pinning } from './cpus.ts';
import { describe, describeMachine } from './machine.ts';
import type { Report } from './report.ts';
import { rotated } from './stats.ts';
import { whyNoSyscalls } from './syscalls.ts';
import { Watch, type Watched } from './watch.ts';

export interface RunOptions {
  readonly quick: boolean;
  readonly cases: readonly BenchCase[];
  readonly ratios: readonly Ratio[];
  readonly pinning: Pinning;
  /** Whether to begin only when nothing else runs on the machine, or after some minutes. */
  readonly waitForCalm?: boolean;
  readonly readLoad?: ReadLoad;
  /** Told what is going on, for people who wait. */
  progress(line: string): void;
}

const FULL = { rounds: 12, warmupMs: 150, timedMs: 400 };
/** All of it in about a minute on two cores. */
const QUICK = { rounds: 3, warmupMs: 100, timedMs: 80 };
const TRACED = { warmupMs: 20, timedMs: 40 };

/** Rejects as soon as one trial does: a run that saw anything wrong has no figures. */
export async function run(options: RunOptions): Promise<Report> {
  const { quick, cases, ratios, pinning, progress, waitForCalm = false } = options;
  const { rounds, warmupMs, timedMs } = quick ? QUICK : FULL;
  const machine = describeMachine(pinning, rounds, quick);
  progress(describe(machine));
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
  const watch = new Watch(options.readLoad ?? readLoad, pinning.cpus, total);
  // Not before: what has to be compiled first is now.
  if (waitForCalm) await watch.untilCalm(progress);
  const began = new Date();
  machine.date = began.toISOString();
  const trial = (bench: BenchCase, round: number) =>
    watch.trial(() => naming(bench, () => bench.trial(setting(round))));
  let done = 0;
  for (let round = 0; round < rounds; round++) {
    const disturbed: [BenchCase, Watched][] = [];
    for (const bench of rotated(present, round, rounds)) {
      if (round >= roundsOf(bench)) continue;
      progress(`[${++done}/${total}] round ${round + 1} of ${rounds}: ${bench.name}`);
      const watched = await trial(bench, round);
      if (watch.isDisturbed(watched)) disturbed.push([bench, watched]);
      else collected.add(bench, round, watched.figures);
    }
    for (const [bench, first] of disturbed) {
      // In the same round, so that the round's ratios stay of one time.
      let kept = first;
      if (!quick && watch.repeat(first)) {
        progress(`[${done}/${total}] round ${round + 1} of ${rounds}, again, others used the machine: ${bench.name}`);
        const second = await trial(bench, round);
        if (second.elsewhere < first.elsewhere) kept = second;
      }
      const marked = watch.isDisturbed(kept);
      if (marked) watch.kept();
      collected.add(bench, round, kept.figures, marked);
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
  machine.seconds = Math.round((Date.now() - began.getTime()) / 1000);
  const others = watch.others();
  if (others) {
    machine.others = others;
    const { trials, disturbed, foreign, stolen } = others;
    progress(
      `others used ${percent(foreign)} of the CPU time, and the hypervisor kept ${percent(stolen)}; ${disturbed} of ${trials} trials were disturbed`,
    );
  }
  return { machine, ...collected.report(present, ratios), absent };
}

async function divide(cases: readonly BenchCase[], { available, cpus, why: notPinned }: Pinning) {
  const present: BenchCase[] = [];
  const absent: { case: string; why: string }[] = [];
  for (const bench of cases) {
    const why =
      available === 1 && bench.needsTwoCores
        ? 'with one core, two sides that spin would measure how long the system lets each run'
        : !cpus && bench.needsPinning
          ? `nothing can be pinned to a core: ${notPinned}`
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
