import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { awsCredentials } from '../../runtime/aws/aws-credentials.ts';
import { requireEnv } from '../../runtime/environment/environment-variables.ts';
import { readLimitStorePorts } from '../../runtime/limit-store/limit-store-ports.ts';
import { ScriptRunner } from '../../runtime/limit-store/script-runner.ts';
import { createLog } from '../../runtime/logging/log.ts';
import type { AggregatorDependencies } from './aggregator.ts';
import { type Compositions, compositionsFileName, env } from './contract.ts';
import { createPartCache } from './part-cache.ts';
import { createUpstream } from './upstream.ts';

/** Time budget of a limit-store call, and how long the start waits for the connection. */
const limitStoreBudgetMilliseconds = 50;
const limitStoreWarmUpMilliseconds = 250;

/** Reads the environment and the bundled compositions, and connects to the limit store. */
export async function productionDependencies(): Promise<AggregatorDependencies> {
  const environment = process.env;
  const log = createLog((line) => process.stdout.write(`${line}\n`));
  const scripts = new ScriptRunner(
    readLimitStorePorts(environment, awsCredentials(environment), limitStoreBudgetMilliseconds, log),
  );
  const compositions = readCompositions(requireEnv(environment, 'LAMBDA_TASK_ROOT'));
  const now = () => performance.now();
  const loadBalancerUrl = requireEnv(environment, env.loadBalancerUrl);
  await scripts.warm(limitStoreWarmUpMilliseconds);
  return {
    compositions,
    upstream: createUpstream({ loadBalancerUrl, externals: compositions.externals, scripts, now }),
    cache: createPartCache(scripts),
    now,
    wait: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }).catch(() => undefined),
    random: Math.random,
    log,
  };
}

function readCompositions(folder: string): Compositions {
  return JSON.parse(readFileSync(join(folder, compositionsFileName), 'utf8')) as Compositions;
}
