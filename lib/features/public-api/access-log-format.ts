import type { ContextKey } from '../../../lambda/auth/contract.ts';
import { authorizerContext } from './response-mappings.ts';

const decision = (...keys: ContextKey[]) =>
  Object.fromEntries(keys.map((key) => [key, authorizerContext(key)]));

/**
 * One JSON line per call. All values are strings, because a variable without a value is written as `-`, which is an invalid
 * JSON number. Variables: "HTTP API logging variables" of the API Gateway guide; the format may have 3 KB.
 */
export const accessLogFields: Readonly<Record<string, string>> = {
  requestId: '$context.requestId',
  timeEpochMs: '$context.requestTimeEpoch',
  route: '$context.routeKey',
  method: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  ...decision('decision', 'reason', 'service', 'cohort', 'userId', 'clientId', 'clientAddress', 'plan'),
  ...decision('policyVersion', 'limit', 'remaining', 'reset', 'quotaLimit', 'quotaRemaining'),
  // Fields that metering counts by, besides time and bytes.
  ...decision('caller', 'monthStartDay', 'quotaBytes'),
  edgeAddress: '$context.identity.sourceIp',
  latencyMs: '$context.responseLatency',
  integrationLatencyMs: '$context.integration.latency',
  integrationStatus: '$context.integration.integrationStatus',
  responseBytes: '$context.responseLength',
  totalBytes: '$context.dataProcessed',
  error: '$context.error.message',
  errorType: '$context.error.responseType',
  authorizerError: '$context.authorizer.error',
  integrationError: '$context.integration.error',
};

/** Fields that the log group indexes; CloudWatch Logs allows 20. */
export const accessLogIndexes =
  'requestId userId clientId caller clientAddress route service status decision plan'.split(' ');
