import {
  apiKeyHeader,
  gatewayService,
  methodOverrideHeaders,
  requestHeaders,
} from '../../../runtime/contracts/gateway-contract.ts';
import { authorizerContext, type HeaderChanges } from './response-mappings.ts';

/** Always `overwrite`: `append` would keep a caller's value beside the gateway's. */
const overwrite = (header: string) => `overwrite:header.${header}`;
const remove = (header: string) => `remove:header.${header}`;

/** Headers that only the authorizer and the webhook receiver need, and headers that no service may act on. */
const removedBeside = {
  [remove(requestHeaders.viewerAddress)]: "''",
  [remove(requestHeaders.target)]: "''",
  [remove(apiKeyHeader)]: "''",
  ...Object.fromEntries(methodOverrideHeaders.map((name) => [remove(name), "''"])),
};

/** Headers that only the authorizer needs; services do not see them. */
const removed = { [remove(requestHeaders.originSecret)]: "''", ...removedBeside };

const requestId = { [overwrite(requestHeaders.requestId)]: '$context.requestId' };

/** Decision and identity for the load balancer and the services. */
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

/** Replaces the caller's path with the path of the decision. The query is unchanged. */
export const rewrittenMappings: Readonly<Record<string, string>> = {
  'overwrite:path': authorizerContext('path'),
};

/** Changes of request headers that a route configures, by header. */
export function requestChanges({ set, remove: removedNames }: HeaderChanges): Record<string, string> {
  return {
    ...Object.fromEntries(Object.entries(set).map(([name, value]) => [overwrite(name), value])),
    ...Object.fromEntries(removedNames.map((name) => [remove(name), "''"])),
  };
}

/** The health route has no authorizer, so the template contains its decision. */
export const healthMappings: Readonly<Record<string, string>> = {
  [overwrite(requestHeaders.decision)]: 'allow',
  [overwrite(requestHeaders.service)]: gatewayService,
  ...requestId,
  ...removed,
};

/** A function reads decision and identity from its event. */
export const functionMappings: Readonly<Record<string, string>> = { ...requestId, ...removed };

/** The webhook receiver has no authorizer before it: it checks the origin secret itself. */
export const webhookMappings: Readonly<Record<string, string>> = { ...requestId, ...removedBeside };
