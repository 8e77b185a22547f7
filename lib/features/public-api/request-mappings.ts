import {
  apiKeyHeader,
  gatewayService,
  methodOverrideHeaders,
  requestHeaders,
} from '../../../runtime/contracts/gateway-contract.ts';
import { authorizerContext, type HeaderChanges } from './response-mappings.ts';

/** Always `overwrite`: `append` would leave a caller's own value standing beside ours. */
const overwrite = (header: string) => `overwrite:header.${header}`;
const remove = (header: string) => `remove:header.${header}`;

/** What only who checks the origin needs (the authorizer, or a function without one), and what nobody may act on. */
const removedBeside = {
  [remove(requestHeaders.viewerAddress)]: "''",
  [remove(requestHeaders.target)]: "''",
  [remove(apiKeyHeader)]: "''",
  ...Object.fromEntries(methodOverrideHeaders.map((name) => [remove(name), "''"])),
};

/** What only the authorizer needs, and nobody after it may see. */
const removed = { [remove(requestHeaders.originSecret)]: "''", ...removedBeside };

const requestId = { [overwrite(requestHeaders.requestId)]: '$context.requestId' };

/** The decision and the identity, as the load balancer and the services read them. */
export const decisionMappings: Readonly<Record<string, string>> = {
  [overwrite(requestHeaders.decision)]: authorizerContext('decision'),
  [overwrite(requestHeaders.service)]: authorizerContext('service'),
  [overwrite(requestHeaders.cohort)]: authorizerContext('cohort'),
  [overwrite(requestHeaders.userId)]: authorizerContext('userId'),
  [overwrite(requestHeaders.userEmail)]: authorizerContext('userEmail'),
  [overwrite(requestHeaders.userRole)]: authorizerContext('userRole'),
  [overwrite(requestHeaders.clientId)]: authorizerContext('clientId'),
  [overwrite(requestHeaders.clientAddress)]: authorizerContext('clientAddress'),
  [overwrite(requestHeaders.plan)]: authorizerContext('plan'),
  [overwrite(requestHeaders.contentDigest)]: authorizerContext('contentDigest'),
  ...requestId,
  ...removed,
};

/** The service sees the path of the decision instead of the caller's. The query goes on as it is. */
export const rewrittenMappings: Readonly<Record<string, string>> = {
  'overwrite:path': authorizerContext('path'),
};

/** Changes of a route's own, by header. */
export function requestChanges({ set, remove: removedNames }: HeaderChanges): Record<string, string> {
  return {
    ...Object.fromEntries(Object.entries(set).map(([name, value]) => [overwrite(name), value])),
    ...Object.fromEntries(removedNames.map((name) => [remove(name), "''"])),
  };
}

/** The health route has no authorizer, so its decision is a word of the template. */
export const healthMappings: Readonly<Record<string, string>> = {
  [overwrite(requestHeaders.decision)]: 'allow',
  [overwrite(requestHeaders.service)]: gatewayService,
  ...requestId,
  ...removed,
};

/** A function finds decision and identity in its event. */
export const functionMappings: Readonly<Record<string, string>> = { ...requestId, ...removed };

/** The function of the webhooks has no authorizer before it, so it checks the origin by itself. */
export const webhookMappings: Readonly<Record<string, string>> = { ...requestId, ...removedBeside };
