import { defineConfig } from 'vitest/config';

/** Whole local runs under injected faults: minutes, and one at a time. */
export default defineConfig({
  test: {
    include: ['test/chaos/**/*.chaos.ts'],
    globalSetup: 'test/support/scratch.ts',
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
