/** What both sides of a wide stream are told, and have in common. */
import { type RingGeometry, ringBytes } from 'ctrl-if/ring';

export interface WideJob {
  slots: number;
  entryBytes: number;
  /** Entries that a side publishes at once, at most; `native/limit/wide.hpp` says more. */
  batch: number;
  warmupMs: number;
  timedMs: number;
  /** The front's CPU and the back's. */
  cpus?: readonly [number, number] | undefined;
  /** The page; made by the front, for the back. */
  page?: string;
}

/** Looks a call: as many as are worth one crossing. */
export const POLLS = 1000;

/** At the page's first byte, as in the limit; the page has room behind it. */
export function geometryOf({ slots, entryBytes }: WideJob): RingGeometry {
  return { offset: 0, entryBytes, slots };
}

export function pageBytes(job: WideJob): number {
  return 4096 + ringBytes(job);
}
