/** The reasons for skipped tests, in their titles and at the end of a run. */
import type { Reporter, TestModule } from 'vitest/node';

/** For the title of a test that is skipped unless `isThere`: what it needs. */
export function unless(isThere: boolean, need: string): string {
  return isThere ? '' : ` (skipped: needs ${need})`;
}

/** Lines for people: each reason and how many tests it skips. A test without a reason needs the native engine. */
export function skipLines(fullNames: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const name of fullNames) {
    const need = /\(skipped: needs ([^)]*)\)/.exec(name)?.[1] ?? 'the native engine (no addon, or CTRL_IF_ENGINE=file)';
    counts.set(need, (counts.get(need) ?? 0) + 1);
  }
  return [...counts].map(([need, count]) => `${count} skipped: needs ${need}`);
}

/** Prints {@link skipLines} at the end of a run of whole files. */
export class SkipReporter implements Reporter {
  #isFiltered = false;

  onInit({ config }: { config: { testNamePattern?: RegExp | undefined } }): void {
    this.#isFiltered = config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    // With -t all other tests are skipped, too.
    if (this.#isFiltered) return;
    const skipped = modules.flatMap((module) => [...module.children.allTests('skipped')]);
    for (const line of skipLines(skipped.map(({ fullName }) => fullName))) console.log(` ${line}`);
  }
}
