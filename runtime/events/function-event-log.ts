import { setTimeout as delay } from 'node:timers/promises';
import { awsCredentials } from '../aws/aws-credentials.ts';
import { eventLogEnv } from '../contracts/gateway-contract.ts';
import { type Environment, requireEnv } from '../environment/environment-variables.ts';
import type { EventLog } from './event-log.ts';
import { openEventLog } from './open-event-log.ts';

/**
 * The event log that a function's environment names. It does not connect yet.
 *
 * @param write Receives what `stdout:` writes, with line ends.
 * @throws {Error} that names a missing variable, or an invalid address of an event log.
 */
export async function openFunctionEventLog(
  environment: Environment,
  clientId: string,
  produceTimeoutMilliseconds: number,
  write: (text: string) => void,
): Promise<EventLog> {
  return await openEventLog(requireEnv(environment, eventLogEnv.url), {
    clientId,
    nowMs: Date.now,
    wait: async (milliseconds, signal) => await delay(milliseconds, undefined, { signal }).catch(() => {}),
    writeLine: write,
    credentials: () => awsCredentials(environment),
    produceTimeoutMilliseconds,
  });
}
