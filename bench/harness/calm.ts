/** Whether anything else has a part in the figures: the CPU time that neither this run used nor nobody. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type LoadSample, sampleLoad, ticksBetween } from '#dist/cli/host-load.js';

/** Parts of the CPU time there was: 0.1 on two CPUs is a fifth of one. */
export interface Shares {
  /** Used by other processes. */
  readonly foreign: number;
  /** Kept by the hypervisor for other machines. */
  readonly stolen: number;
}

/** Where there is no telling (no /proc/stat) samples are undefined. */
export type ReadLoad = () => LoadSample | undefined;

/** Of the processors, what this process and those that it has started and that have ended used of them. */
export const readLoad: ReadLoad = () => sampleLoad([process.pid]);

/** A run begins when no more than this goes elsewhere. The load average will not do: it tells of the run's own build for a minute. */
export const CALM = 0.05;
/** A trial with more than this was disturbed. The system counts in ticks of 10 ms, so that less says nothing of half a second. */
export const DISTURBED = 0.1;
/** Trials, as a part of all, that may have been disturbed before the run is in doubt. */
export const FEW = 0.05;

const LOOK_MS = 1000;
/** A build that waits for its disk is no calm: this many looks in a row. */
const LOOKS = 5;
const PATIENCE_MS = 300_000;
const LOOKS_BETWEEN_LINES = 10;
/** With fewer there are too few ticks to tell. */
const FEWEST_TICKS = 10;

/** Sums over a time: of all ticks, of those that others used, and of those that were stolen. */
export class Ticks {
  total = 0;
  foreign = 0;
  stolen = 0;

  /** The shares of what is added; undefined where that is not known, or too short to tell. `cpus`: default all. */
  add(before: LoadSample | undefined, after: LoadSample | undefined, cpus?: readonly number[]): Shares | undefined {
    if (!before || !after) return undefined;
    const ticks = ticksBetween(before, after, cpus ?? [...after.processors.keys()]);
    if (ticks.total < FEWEST_TICKS) return undefined;
    this.total += ticks.total;
    this.foreign += ticks.foreign;
    this.stolen += ticks.stolen;
    return sharesOf(ticks);
  }
}

/** What ticks say too much of in one trial they say too little of in another. */
export function sharesOf({ total, foreign, stolen }: Pick<Ticks, 'total' | 'foreign' | 'stolen'>): Shares {
  return { foreign: Math.max(0, foreign) / total, stolen: stolen / total };
}

/** What goes elsewhere; nothing where that is not known. */
export function elsewhere(shares: Shares | undefined): number {
  return shares ? shares.foreign + shares.stolen : 0;
}

/** Resolves when the machine has been calm for some seconds, or when it has not become so in five minutes: with whether it is. */
export async function untilCalm(
  progress: (line: string) => void,
  read: ReadLoad,
  cpus?: readonly number[],
  pause: (ms: number) => Promise<unknown> = sleep,
): Promise<boolean> {
  const looks: number[] = [];
  let before = read();
  for (let waitedMs = 0; ; before = read()) {
    await pause(LOOK_MS);
    waitedMs += LOOK_MS;
    looks.push(elsewhere(new Ticks().add(before, read(), cpus)));
    const last = looks.slice(-LOOKS);
    const seconds = waitedMs / 1000;
    if (last.length === LOOKS && last.every((share) => share <= CALM)) return true;
    if (waitedMs >= PATIENCE_MS) {
      progress(
        `the machine is not calm after ${seconds} s: measuring all the same, and trials that others disturb are marked`,
      );
      return false;
    }
    if (looks.length % LOOKS_BETWEEN_LINES !== 0) continue;
    const mean = last.reduce((sum, share) => sum + share, 0) / last.length;
    progress(
      `waiting until the machine is calm: ${percent(mean)} of its CPU time goes elsewhere, ${percent(CALM)} may; ${seconds} of at most ${PATIENCE_MS / 1000} s`,
    );
  }
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}
