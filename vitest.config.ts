import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{lib,runtime,lambda,services,test}/**/*.test.ts'],
    globalSetup: 'test/support/scratch.ts',
    // Two workers fit the two cores CI has, and files of one worker share their modules: loading the CDK, and
    // synthesising an environment, is done once for each worker instead of once for each file.
    pool: 'forks',
    maxWorkers: 2,
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
