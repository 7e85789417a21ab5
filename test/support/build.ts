/** vitest's global set-up: builds what child processes of the tests run, so that none runs an older build. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

const SETUP = fileURLToPath(new URL('../../scripts/setup.mjs', import.meta.url));

export default function setup(project: TestProject): void {
  build();
  project.onTestsRerun(async () => build()); // when vitest watches
}

function build(): void {
  const { status, stderr } = spawnSync(process.execPath, [SETUP, '--build'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ctrl-if: what the tests run could not be built\n${stderr}`);
}
