import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A process of its own for each file: the addon, the shared memory names and the sockets of one never meet another's.
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
