import { defineConfig } from 'vitest/config';

/** The local run, the services on PostgreSQL, tables on an emulated DynamoDB, and all that starts processes. */
const local = [
  '{services,lib/local}/**/*.test.ts',
  'test/{e2e,ops,probes,shop}/**/*.test.ts',
  'test/invariants/{emulated-aws-apis,request-interpretation,sdk-equivalence}.test.ts',
  'test/features/{events/kafka-acls,functions/lambda-runtime,limit-store/limit-store-users,webhooks/webhook-faults}.test.ts',
  '{lambda,runtime}/**/{concurrent-processes,file-log,kafka-*,limit-store-failure,shared-breaker,valkey-limit-store}.test.ts',
  'lambda/**/{access-log-topic,business-events,metering,quota-alerts}.test.ts',
];
/** What the CDK makes of the environments, and what reads its templates. */
const templates = ['test/**/*.test.ts'];
/** Functions and the configuration, in the test's own process. */
const unit = ['{lib,runtime,lambda}/**/*.test.ts'];

const project = (name: string, include: string[], exclude: string[] = []) => ({
  extends: true as const,
  test: { name, include, exclude: ['**/node_modules/**', ...exclude] },
});

export default defineConfig({
  test: {
    projects: [project('unit', unit, local), project('templates', templates, local), project('local', local)],
    globalSetup: 'test/support/scratch.ts',
    // Two workers fit the two cores CI has, and files of one worker share their modules: loading the CDK, and
    // synthesising an environment, is done once for each worker instead of once for each file.
    pool: 'forks',
    maxWorkers: 2,
    isolate: false,
    // A laptop under load is ten times slower; tests of time-outs inject the clock.
    testTimeout: 120_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
