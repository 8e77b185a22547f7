import { isRecord } from '../../../common/is-record.ts';
import type { Invocation } from '../../engine/gateway-ports.ts';
import { within } from '../http-api/authorizer.ts';
import type { RestCall } from './call.ts';
import type { GatewayResponseValue } from './gateway-responses.ts';

export interface RestAuthorizer {
  readonly functionReference: string;
  /** Names of headers. */
  readonly identitySources: readonly string[];
  /** 0 turns the cache off. */
  readonly ttlSeconds: number;
}

export interface AuthorizerPorts {
  readonly invoke: (functionReference: string, event: unknown) => Promise<Invocation>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Returns the type of the refusal; null when the request is allowed. */
export type Authorize = (call: RestCall) => Promise<GatewayResponseValue | null>;

/** The same timeout as that of HTTP APIs. */
const authorizerTimeoutMs = 10_000;

/**
 * Creates a REQUEST authorizer. A request without an identity source is refused without an invocation; results are
 * cached by the values of the identity sources, for all methods ("Use API Gateway Lambda authorizers").
 */
export function requestAuthorizer(
  { functionReference, identitySources, ttlSeconds }: RestAuthorizer,
  { invoke, now }: AuthorizerPorts,
): Authorize {
  const cached = new Map<string, { readonly allowed: boolean; readonly untilMs: number }>();
  return async (call) => {
    const identity = identitySources.map((name) => call.exchange.headers.get(name) ?? '');
    if (identity.includes('')) return 'UNAUTHORIZED';
    const key = JSON.stringify(identity);
    const found = cached.get(key);
    if (found !== undefined && found.untilMs > now()) return found.allowed ? null : 'ACCESS_DENIED';
    const result = await within(authorizerTimeoutMs, invoke(functionReference, eventOf(call)));
    const allowed = result.ok ? resultOf(result.payload) : undefined;
    if (allowed === undefined) {
      call.outcome.authorizerError = result.ok ? 'The authorizer did not return a policy.' : result.error;
      return result.ok ? 'AUTHORIZER_CONFIGURATION_ERROR' : 'AUTHORIZER_FAILURE';
    }
    if (ttlSeconds > 0) cached.set(key, { allowed, untilMs: now() + ttlSeconds * 1_000 });
    return allowed ? null : 'ACCESS_DENIED';
  };
}

/** The effect of a policy with one statement; undefined for any other policy, which is not emulated. */
function resultOf(payload: unknown): boolean | undefined {
  const document = isRecord(payload) ? payload['policyDocument'] : undefined;
  const statements = isRecord(document) ? document['Statement'] : undefined;
  if (!Array.isArray(statements) || statements.length !== 1 || !isRecord(statements[0])) return undefined;
  const { Action, Effect, Resource } = statements[0];
  if (Action !== 'execute-api:Invoke' || typeof Resource !== 'string' || !Resource.endsWith('/*')) {
    return undefined;
  }
  return Effect === 'Allow' ? true : Effect === 'Deny' ? false : undefined;
}

/** "Input to an API Gateway Lambda authorizer", type REQUEST, with the fields that the local run knows. */
function eventOf({ exchange, apiId, stage, resourcePath = '', requestId, pathParameters }: RestCall) {
  const { method, path, headers, query, peer } = exchange;
  return {
    type: 'REQUEST',
    methodArn: `arn:aws:execute-api:local:000000000000:${apiId}/${stage}/${method}${path.slice(stage.length + 1)}`,
    resource: resourcePath,
    path: path.slice(stage.length + 1),
    httpMethod: method,
    headers: Object.fromEntries(headers.names().map((name) => [name, headers.all(name).at(-1) ?? ''])),
    multiValueHeaders: Object.fromEntries(headers.names().map((name) => [name, headers.all(name)])),
    queryStringParameters: Object.fromEntries(new URLSearchParams(query)),
    pathParameters,
    requestContext: { requestId, stage, httpMethod: method, resourcePath, identity: { sourceIp: peer } },
  };
}
