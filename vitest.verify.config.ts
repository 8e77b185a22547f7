import { defineConfig } from 'vitest/config';

/** Checks of the synthesised templates that take minutes and install programs of their own. */
export default defineConfig({
  test: {
    include: ['test/verify/**/*.verify.ts'],
    globalSetup: 'test/support/scratch.ts',
    pool: 'forks',
    maxWorkers: 2,
    maxConcurrency: 2,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // The steps of a deployment build on each other: after the first failure the rest says nothing.
    bail: 1,
  },
});
