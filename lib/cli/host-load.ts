/** The share of the host's processors that other processes than the two compared ones use. */
import { readFileSync } from 'node:fs';

/** Clock ticks of one processor since the system started. */
export interface ProcessorTimes {
  /** Spent on processes, the kernel and interrupts. */
  busy: number;
  /** Taken by the hypervisor. */
  stolen: number;
  total: number;
}

export interface LoadSample {
  processors: ReadonlyMap<number, ProcessorTimes>;
  /** Ticks used by the two processes and by their children that have exited. */
  own: number;
}

/** Shares of two processors, 0 to 1. */
export interface HostLoad {
  /** Used by other processes. */
  others: number;
  /** Taken by the hypervisor. */
  stolen: number;
}

/** Undefined where /proc does not have the times. */
export function sampleLoad(pids: readonly number[]): LoadSample | undefined {
  try {
    const processors = parseProcessorTimes(readFileSync('/proc/stat', 'latin1'));
    const own = pids.map((pid) => parseProcessTicks(readFileSync(`/proc/${pid}/stat`, 'latin1')));
    return { processors, own: own.reduce((sum, ticks) => sum + ticks, 0) };
  } catch {
    return undefined;
  }
}

/** The lines `cpu0 user nice system idle iowait irq softirq steal ...` of /proc/stat. */
export function parseProcessorTimes(stat: string): Map<number, ProcessorTimes> {
  const processors = new Map<number, ProcessorTimes>();
  for (const [, number, columns] of stat.matchAll(/^cpu(\d+) +(.+)$/gm)) {
    const ticks = columns!.split(' ').map(Number);
    const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, stolen = 0] = ticks;
    const busy = user + nice + system + irq + softirq;
    processors.set(Number(number), { busy, stolen, total: busy + idle + iowait + stolen });
  }
  return processors;
}

/** utime, stime, cutime and cstime of /proc/PID/stat: fields 14 to 17, after the name, field 2, which may hold any character. */
export function parseProcessTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
}

/** Ticks of some processors between two samples. */
export interface Ticks {
  total: number;
  /** Ticks of processes that are not watched; rounding can make it negative. */
  foreign: number;
  stolen: number;
}

export function ticksBetween(before: LoadSample, after: LoadSample, processors: readonly number[]): Ticks {
  const used = processors.map((number) => timesBetween(before, after, number));
  const sum = (what: keyof ProcessorTimes) => used.reduce((all, times) => all + times[what], 0);
  return { total: sum('total'), foreign: sum('busy') - (after.own - before.own), stolen: sum('stolen') };
}

/** The load by other processes between two samples. Load that fits on the processors beyond two does not count. */
export function loadBetween(
  before: LoadSample | undefined,
  after: LoadSample | undefined,
  processors: readonly number[],
): HostLoad | undefined {
  if (!before || !after) return undefined;
  const { total, foreign, stolen } = ticksBetween(before, after, processors);
  if (!(total > 0)) return undefined;
  const needed = Math.min(2, processors.length);
  const others = foreign / (total / processors.length) - (processors.length - needed);
  return { others: share(others / needed), stolen: share(stolen / total) };
}

/** The least busy processors first. */
export function byIdleness(before: LoadSample, after: LoadSample, processors: readonly number[]): number[] {
  const busyness = (number: number) => {
    const { busy, stolen, total } = timesBetween(before, after, number);
    return total > 0 ? (busy + stolen) / total : 0;
  };
  return processors.toSorted((a, b) => busyness(a) - busyness(b) || a - b);
}

const NONE: ProcessorTimes = { busy: 0, stolen: 0, total: 0 };

function timesBetween(before: LoadSample, after: LoadSample, number: number): ProcessorTimes {
  const [from, to] = [before.processors.get(number) ?? NONE, after.processors.get(number) ?? NONE];
  return { busy: to.busy - from.busy, stolen: to.stolen - from.stolen, total: to.total - from.total };
}

const share = (value: number): number => Math.min(1, Math.max(0, value));
