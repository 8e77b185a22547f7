import type { GatewayPorts } from '../../engine/gateway-ports.ts';
import { type Exchange, type HttpResponse, textResponse } from '../../http/exchange.ts';
import type { Upstream } from '../../http/upstream.ts';
import { collect, maxHeadBytes, maxPayloadBytes, PayloadTooLargeError } from '../http-api/payload-limit.ts';
import { compileRoutes } from '../http-api/routes.ts';
import { tokenBucket } from '../http-api/throttle.ts';
import { type Authorize, requestAuthorizer } from './authorizer.ts';
import type { RestCall } from './call.ts';
import type { RestApi, RestMethod } from './compile-rest-api.ts';
import { substituteVariables } from './context-variables.ts';
import { type GatewayResponseValue, gatewayResponse } from './gateway-responses.ts';
import { callLoadBalancer, restResponseHeaders } from './proxy-integration.ts';
import type { UsagePlans } from './usage-plans.ts';

export interface RestApiPorts
  extends Pick<GatewayPorts, 'invoke' | 'now' | 'requestId' | 'accessLog' | 'notice'> {
  readonly usagePlans: UsagePlans;
}

/** A response of API Gateway instead of the response of the integration. */
interface Refusal {
  readonly type: GatewayResponseValue;
  /** Replaces the default message of the type. */
  readonly message?: string | undefined;
}

/**
 * Serves a REST API. It checks, in this order: web ACL, path, size of the headers, authorizer, API key with throttle and
 * quota, stage throttle, size of the body, parameters, body. Then it calls the integration.
 *
 * @param upstreamOf connections to the listener of a load balancer, by its id.
 */
export function serveRestApi(
  api: RestApi,
  upstreamOf: (listenerId: string) => Upstream,
  ports: RestApiPorts,
): (exchange: Exchange) => Promise<void> {
  const match = compileRoutes(api.methods);
  const checks = requestChecks(api, ports);

  return async (exchange) => {
    const call: RestCall = {
      exchange,
      requestId: ports.requestId(),
      startedMs: ports.now(),
      stage: api.stage,
      apiId: api.id,
      pathParameters: {},
      outcome: {},
    };
    const answer = await respond(call);
    if (answer !== null) {
      answer.headers.set('x-amzn-requestid', call.requestId);
      call.outcome.status = answer.status;
      call.outcome.responseBytes = await exchange.send(answer);
    }
    call.outcome.endedMs = ports.now();
    if (api.accessLogFormat !== null) ports.accessLog(substituteVariables(api.accessLogFormat, call));
  };

  async function respond(call: RestCall): Promise<HttpResponse | null> {
    const prefix = `/${api.stage}`;
    const { path, method } = call.exchange;
    // An unknown stage: the response has no type, so no gateway response template applies.
    if (path !== prefix && !path.startsWith(`${prefix}/`)) {
      return textResponse(403, 'application/json', '{"message":"Forbidden"}');
    }
    const found = match(method, path.slice(prefix.length) || '/');
    const blocked = checkFirewall(call, api.firewall);
    if (blocked !== null) return blocked;
    if (found === null) return gatewayResponse(call, 'MISSING_AUTHENTICATION_TOKEN', api.responses);
    call.resourcePath = found.route.resourcePath;
    call.pathParameters = found.pathParameters;
    for (const check of checks) {
      const refusal = await check(call, found.route);
      if (refusal !== null) return gatewayResponse(call, refusal.type, api.responses, refusal.message);
    }
    return await integrate(call, found.route);
  }

  async function integrate(call: RestCall, { integration }: RestMethod): Promise<HttpResponse | null> {
    const startedMs = ports.now();
    const result = await callLoadBalancer(call, integration, upstreamOf(integration.listenerId));
    call.outcome.integrationLatencyMs = Math.round(ports.now() - startedMs);
    switch (result.kind) {
      case 'gone':
        call.outcome.integrationError = 'The client has disconnected.';
        return null;
      case 'own':
        call.outcome.integrationError = result.detail;
        return gatewayResponse(call, result.type, api.responses);
      case 'answered':
        return { ...result.answer, headers: restResponseHeaders(result.answer.headers) };
      default:
        return result satisfies never;
    }
  }
}

/** Refuses a request; null when it may continue. */
type Check = (call: RestCall, method: RestMethod) => Promise<Refusal | null> | Refusal | null;

/** The checks of a request after its method is found, in order. */
function requestChecks(api: RestApi, ports: RestApiPorts): readonly Check[] {
  const isAdmitted =
    api.throttle === null
      ? () => true
      : tokenBucket(api.throttle.ratePerSecond, api.throttle.burst, ports.now);
  return [
    ({ exchange }) => (exchange.headBytes > maxHeadBytes ? { type: 'REQUEST_TOO_LARGE' } : null),
    checkAuthorizer(api, ports),
    checkApiKey(api, ports),
    () => (isAdmitted() ? null : { type: 'THROTTLED' }),
    async (call) => ((await readBody(call)) ? null : { type: 'REQUEST_TOO_LARGE' }),
    checkParameters,
    checkBody,
  ];
}

/** The response of the web ACL when it blocks the request. */
function checkFirewall(call: RestCall, firewall: RestApi['firewall']): HttpResponse | null {
  const { exchange, requestId, outcome } = call;
  const blocked = firewall({ ...exchange, viewerAddress: exchange.peer, requestId });
  if (blocked !== null) outcome.firewallStatus = blocked.status;
  return blocked;
}

function checkAuthorizer(api: RestApi, ports: RestApiPorts): Check {
  const authorizers = new Map<RestMethod['authorizer'], Authorize>();
  for (const { authorizer } of Object.values(api.methods)) {
    if (authorizer !== null && !authorizers.has(authorizer)) {
      authorizers.set(authorizer, requestAuthorizer(authorizer, ports));
    }
  }
  return async (call, method) => {
    const type = (await authorizers.get(method.authorizer)?.(call)) ?? null;
    if (type === null) return null;
    const { authorizerError } = call.outcome;
    if (authorizerError !== undefined) ports.notice(`authorizer: ${authorizerError}`);
    return { type };
  };
}

function checkApiKey(api: RestApi, { usagePlans }: RestApiPorts): Check {
  return (call, method) => {
    if (!method.apiKeyRequired) return null;
    const result = usagePlans.check(api.id, call.exchange.headers.get('x-api-key') ?? '');
    if (result.kind === 'unknown') return { type: 'INVALID_API_KEY' };
    call.apiKeyId = result.keyId;
    if (result.kind === 'throttled') return { type: 'THROTTLED' };
    return result.kind === 'quota' ? { type: 'QUOTA_EXCEEDED' } : null;
  };
}

const checkParameters: Check = (call, method) => {
  const message = method.parameters(call);
  return message === null ? null : { type: 'BAD_REQUEST_PARAMETERS', message };
};

const checkBody: Check = (call, method) => {
  const contentType = call.exchange.headers.get('content-type');
  const error = method.body?.(contentType, call.body ?? Buffer.alloc(0)) ?? null;
  if (error === null) return null;
  call.outcome.validationError = error;
  return { type: 'BAD_REQUEST_BODY' };
};

/** Reads the complete body. False when it exceeds the 10 MB of "Payload size". */
async function readBody(call: RestCall): Promise<boolean> {
  const { exchange } = call;
  if (!exchange.hasBody) return true;
  if (Number(exchange.headers.get('content-length') ?? 0) > maxPayloadBytes) return false;
  try {
    call.body = await collect(exchange.body());
    return true;
  } catch (error) {
    if (error instanceof PayloadTooLargeError) return false;
    throw error;
  }
}
