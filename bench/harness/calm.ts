/** Whether anything else has a part in the figures: the CPU time that neither this run used nor nobody. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Parts of the CPU time there was: 0.1 on two CPUs is a fifth of one. */
export interface Shares {
  /** Used by other processes. */
  readonly foreign: number;
  /** Kept by the hypervisor for other machines. */
  readonly stolen: number;
}

/** CPU time since the system began, in milliseconds. */
export interface Reading {
  readonly total: number;
  /** Neither idle nor stolen. */
  readonly busy: number;
  readonly stolen: number;
  /** Of this process, and of those that it has started and that have ended. */
  readonly own: number;
}

/** Where there is no telling (no /proc/stat) readings are undefined. */
export type ReadCpu = () => Reading | undefined;

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
/** Shorter than this a trial has too few ticks to tell. */
const SHORTEST_MS = 100;
/** A tick, as /proc has it for every architecture that Node runs on. */
const TICK_MS = 10;

/** Of all of `cpus`, or of all that there are. */
export function cpuReader(cpus?: readonly number[]): ReadCpu {
  const names = cpus ? [...new Set(cpus)].map((cpu) => `cpu${cpu}`) : ['cpu'];
  return () => {
    try {
      const lines = readFileSync('/proc/stat', 'latin1').split('\n');
      const times = names.map((name) => parseTimes(lines.find((line) => line.startsWith(`${name} `))!));
      const sum = (pick: (one: (typeof times)[number]) => number) => times.reduce((all, one) => all + pick(one), 0);
      const { user, system } = process.cpuUsage();
      const own = (user + system) / 1000 + endedChildren(readFileSync('/proc/self/stat', 'latin1'));
      return { total: sum(({ total }) => total), busy: sum(({ busy }) => busy), stolen: sum((one) => one.stolen), own };
    } catch {
      return undefined;
    }
  };
}

/** Of a line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal; guests are in user already. */
export function parseTimes(line: string): { total: number; busy: number; stolen: number } {
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = ticks;
  const busy = user + nice + system + irq + softirq;
  return { total: (busy + idle + iowait + steal) * TICK_MS, busy: busy * TICK_MS, stolen: steal * TICK_MS };
}

/** Milliseconds of processes that a /proc/PID/stat has waited for, and of those that these have. */
export function endedChildren(stat: string): number {
  // Its name may have spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) * TICK_MS;
}

/** Undefined where one of the two is, or where they are too near to each other to tell. */
export function sharesBetween(before: Reading | undefined, after: Reading | undefined): Shares | undefined {
  if (!before || !after) return undefined;
  const total = after.total - before.total;
  if (total < SHORTEST_MS) return undefined;
  const foreign = after.busy - before.busy - (after.own - before.own);
  return { foreign: Math.max(0, foreign) / total, stolen: (after.stolen - before.stolen) / total };
}

/** What goes elsewhere; nothing where that is not known. */
export function elsewhere(shares: Shares | undefined): number {
  return shares ? shares.foreign + shares.stolen : 0;
}

export interface Waited {
  /** Whether the machine was calm in the end. */
  readonly calm: boolean;
  readonly seconds: number;
}

/** Resolves when the machine has been calm for some seconds, or when it has not become so in five minutes. */
export async function untilCalm(
  progress: (line: string) => void,
  read: ReadCpu,
  pause: (ms: number) => Promise<unknown> = sleep,
): Promise<Waited> {
  const looks: number[] = [];
  let before = read();
  for (let waitedMs = 0; ; before = read()) {
    await pause(LOOK_MS);
    waitedMs += LOOK_MS;
    looks.push(elsewhere(sharesBetween(before, read())));
    const last = looks.slice(-LOOKS);
    const seconds = waitedMs / 1000;
    if (last.length === LOOKS && last.every((share) => share <= CALM)) return { calm: true, seconds };
    if (waitedMs >= PATIENCE_MS) {
      progress(
        `the machine is not calm after ${seconds} s: measuring all the same, and trials that others disturb are marked`,
      );
      return { calm: false, seconds };
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
