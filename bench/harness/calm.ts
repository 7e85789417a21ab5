/** Whether anything else has a part in the figures. */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Load of a machine that others use: before a run, and after it, with the two sides' own. */
export const BUSY_BEFORE = 0.5;
export const BUSY_AFTER = 2.5;

const PATIENCE_SECONDS = 120;

/** Of the last minute: processes ready to run. */
export function load(): number {
  return loadavg()[0]!;
}

/** Resolves when the machine is calm, which it is not just after a build, or when it has not become so in two minutes. */
export async function untilCalm(progress: (line: string) => void): Promise<void> {
  if (load() <= BUSY_BEFORE) return;
  progress(
    `the load is ${load().toFixed(1)}: waiting until it is below ${BUSY_BEFORE}, for ${PATIENCE_SECONDS} s at most`,
  );
  const deadline = performance.now() + PATIENCE_SECONDS * 1000;
  while (load() > BUSY_BEFORE && performance.now() < deadline) await sleep(1000);
}
