import { awsCredentials } from '../shared/aws-credentials.ts';
import { requireEnv } from '../shared/env.ts';
import { openFunctionEventLog } from '../shared/events/function-event-log.ts';
import { createLog } from '../shared/log.ts';
import { ScriptRunner } from '../shared/store/script-runner.ts';
import { storePorts } from '../shared/store/store-ports.ts';
import { createDeliveries } from '../shared/webhook-deliveries.ts';
import { env } from './contract.ts';
import type { DrainDependencies } from './drain.ts';

const storeBudgetMilliseconds = 1_000;
const logBudgetMilliseconds = 10_000;

/** Reads the environment. */
export async function productionDependencies(): Promise<DrainDependencies> {
  const environment = process.env;
  const writeLine = (line: string) => process.stdout.write(`${line}\n`);
  const log = createLog(writeLine);
  const credentials = awsCredentials(environment);
  const store = new ScriptRunner(storePorts(environment, credentials, storeBudgetMilliseconds, log));
  return {
    environment: requireEnv(environment, env.environment),
    eventLog: await openFunctionEventLog(
      environment,
      'gatehouse-webhook-drain',
      logBudgetMilliseconds,
      (text) => process.stdout.write(text),
    ),
    deliveries: createDeliveries(store),
    now: Date.now,
    log,
    writeMetrics: writeLine,
  };
}
