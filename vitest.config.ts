import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{lib,lambda,services,test}/**/*.test.ts'],
    // Files that synthesise load the CDK once per worker; two workers fit the two cores CI has.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
