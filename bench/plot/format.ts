/** Figures as text: three digits, which is more than two runs have in common. */
import type { Ratio } from '../harness/case.ts';

export function number(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}

/** Of nanoseconds. */
export const duration = (ns: number): string => scaled(ns, { ns: 1, µs: 1e3, ms: 1e6, s: 1e9 });
export const count = (value: number): string => scaled(value, { '': 1, k: 1e3, M: 1e6 });
export const microseconds = (ns: number): string => `${number(ns / 1000)} µs`;
export const kibibytes = (bytes: number): string => `${number(bytes / 1024)} KiB`;

/** A share of something below 1 reads better the other way around only where the reader is told; here it is not. */
export const times = (ratio: number): string => `${number(ratio)} x`;

/** In the largest unit that leaves a whole number before the point; rounding up to the next unit counts. */
function scaled(value: number, units: Readonly<Record<string, number>>): string {
  const all = Object.entries(units);
  const [unit, size] = all.findLast(([, least]) => Number(value.toPrecision(3)) >= least) ?? all[0]!;
  return `${number(value / size)} ${unit}`.trimEnd();
}

type Goal = NonNullable<Ratio['goal']>;

export const goalText = (goal: Goal): string => ('atMost' in goal ? `≤ ${goal.atMost}` : `≥ ${goal.atLeast}`);

export const isMet = (value: number, goal: Goal): boolean => marginOf(value, goal) >= 1;

/** 2 is twice as good as asked, 0.5 half as good. */
export const marginOf = (value: number, goal: Goal): number =>
  'atMost' in goal ? goal.atMost / value : value / goal.atLeast;
