/**
 * All cases, in the order of the tables. To add some: write a file that exports `cases` and `ratios` (see
 * `harness/case.ts`), and put it in this list.
 */
import type { BenchCase, CaseFile, Ratio } from '../harness/case.ts';
import * as asleep from './asleep.ts';
import * as awaiting from './await.ts';
import * as codec from './codec.ts';
import * as collections from './collections.ts';
import * as gap from './gap.ts';
import * as idle from './idle.ts';
import * as limit from './limit.ts';
import * as machine from './machine.ts';
import * as open from './open.ts';
import * as rivals from './rivals.ts';
import * as scale from './scale.ts';
import * as sync from './sync.ts';
import * as wakeup from './wakeup.ts';
import * as warmup from './warmup.ts';
import * as wide from './wide.ts';

const FILES: readonly CaseFile[] = [
  limit,
  sync,
  awaiting,
  rivals,
  wide,
  codec,
  collections,
  open,
  asleep,
  warmup,
  wakeup,
  gap,
  idle,
  scale,
  machine,
];

/** All round trips, then all streams, then the rest: those that are read side by side. */
export const ALL_CASES: readonly BenchCase[] = FILES.flatMap(({ cases }) => cases).sort(
  (a, b) => placeOf(a) - placeOf(b),
);

export const ALL_RATIOS: readonly Ratio[] = FILES.flatMap(({ ratios }) => ratios);

function placeOf({ name }: BenchCase): number {
  const place = ['rtt', 'stream'].indexOf(name.split('.')[0]!);
  return place < 0 ? 2 : place;
}
