import { codec } from './codec.ts';
import { gap } from './gap.ts';
import { latency } from './latency.ts';
import type { Plot } from './plot.ts';
import { ratios } from './ratios.ts';
import { throughput } from './throughput.ts';
import { wakeup } from './wakeup.ts';
import { warmup } from './warmup.ts';

/** All plots, in the order of the page. */
export const ALL_PLOTS: readonly Plot[] = [ratios, latency, throughput, warmup, wakeup, gap, codec];
