/** What the blocks of a warm-up say. */
import type { WarmupSamples } from '../peers/warmup.ts';
import { median } from './stats.ts';

export type Block = WarmupSamples['blocks'][number];

/** A block that costs so many times the settled cost is no part of the warm-up any more. */
export const SETTLED = 1.25;
/** The part of the requests, at the end, that the settled cost is taken from. */
const TAIL = 0.2;
/** A block that was disturbed says nothing of the warm-up, and one that was lucky does not end it. */
const BESIDE = 5;

/** Mean nanoseconds of the requests after the first `from`, up to `until`. */
export function costUntil(blocks: readonly Block[], from: number, until: number): number {
  let ns = 0;
  let begin = 0;
  for (const block of blocks) {
    if (begin >= from && block.end <= until) ns += block.ns * (block.end - begin);
    begin = block.end;
  }
  return ns / (until - from);
}

/** The settled cost, and after how many requests a block, and the median of it and the few that follow, is near it. */
export function settledOf(blocks: readonly Block[]): { ns: number; after: number } {
  const last = blocks.at(-1)!.end;
  const ns = median(blocks.filter(({ end }) => end > last * (1 - TAIL)).map((block) => block.ns));
  const near = (cost: number) => cost <= SETTLED * ns;
  const at = blocks.findIndex(
    (block, i) => near(block.ns) && near(median(blocks.slice(i, i + BESIDE).map((one) => one.ns))),
  );
  if (at < 0) return { ns, after: last };
  return { ns, after: at === 0 ? 0 : blocks[at - 1]!.end };
}
