/** All cases, in the order of the tables. To add some: write a file that exports `cases` and `ratios`, and list it here. */
import type { BenchCase, Ratio } from '../harness/case.ts';
import * as asleep from './asleep.ts';
import * as codec from './codec.ts';
import * as links from './links.ts';
import * as machine from './machine.ts';
import * as paused from './paused.ts';
import * as transports from './transports.ts';
import * as warmup from './warmup.ts';
import * as wide from './wide.ts';

const FILES = [transports, wide, codec, asleep, warmup, paused, links, machine];

export const ALL_CASES: readonly BenchCase[] = FILES.flatMap(({ cases }) => cases);
export const ALL_RATIOS: readonly Ratio[] = FILES.flatMap(({ ratios }) => ratios);
