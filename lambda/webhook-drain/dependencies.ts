import { setTimeout as wait } from 'node:timers/promises';
import { awsCredentials } from '../shared/aws-credentials.ts';
import { eventsEnv } from '../shared/contract.ts';
import { requireEnv } from '../shared/env.ts';
import { openEventLog } from '../shared/events/open-event-log.ts';
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
    eventLog: await openEventLog(requireEnv(environment, eventsEnv.url), {
      clientId: 'gatehouse-webhook-drain',
      nowMs: Date.now,
      wait: (milliseconds, signal) => wait(milliseconds, undefined, { signal }),
      writeLine: (line) => process.stdout.write(line),
      credentials: async () => awsCredentials(process.env),
      produceTimeoutMilliseconds: logBudgetMilliseconds,
    }),
    deliveries: createDeliveries(store),
    now: Date.now,
    log,
    writeMetrics: writeLine,
  };
}
