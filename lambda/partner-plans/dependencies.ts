import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConfigurationPoll } from '../../runtime/aws/appconfig-data.ts';
import { awsCredentials } from '../../runtime/aws/aws-credentials.ts';
import { awsEndpoint } from '../../runtime/aws/aws-endpoint.ts';
import { requireEnv } from '../../runtime/environment/environment-variables.ts';
import { createLog } from '../../runtime/logging/log.ts';
import { env, type PlanLimits, plansFileName } from './contract.ts';
import type { SyncDependencies } from './sync.ts';
import { createUsagePlans } from './usage-plans.ts';

/** Reads the environment and the bundled plans. */
export function productionDependencies(): SyncDependencies {
  const environment = process.env;
  const credentials = awsCredentials(environment);
  const write = (line: string) => void process.stdout.write(`${line}\n`);
  const path = join(requireEnv(environment, 'LAMBDA_TASK_ROOT'), plansFileName);
  const [application = '', configurationEnvironment = '', profile = ''] = requireEnv(
    environment,
    env.runtimePolicy,
  ).split('/');
  return {
    plans: JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, PlanLimits>>,
    usagePlanIds: JSON.parse(requireEnv(environment, env.usagePlans)) as Readonly<Record<string, string>>,
    // A new session each time: its first answer is the whole document.
    readPolicy: () =>
      createConfigurationPoll(credentials, awsEndpoint(environment, 'appconfigdata'), {
        application,
        environment: configurationEnvironment,
        profile,
        pollSeconds: 60,
      })(),
    usagePlans: createUsagePlans(credentials, awsEndpoint(environment, 'apigateway')),
    environment: requireEnv(environment, env.environment),
    writeMetrics: write,
    log: createLog(write),
    now: Date.now,
  };
}
