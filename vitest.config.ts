import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { SkipReporter } from './test/support/skips.ts';

// On a machine without a compiler set-up has built no addon and said so: what can be tested there is the file engine.
const native = existsSync('build/Release/ctrl_if.node');
if (!native)
  console.warn('ctrl-if: there is no native addon here (see the set-up above): testing the pure-JS engines only');

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/build.ts',
    // A process of its own for each file: the addon, the shared memory names and the sockets of one never meet another's.
    pool: 'forks',
    env: native ? {} : { CTRL_IF_ENGINE: 'file' },
    reporters: ['default', new SkipReporter()],
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
