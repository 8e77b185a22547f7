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

/** A refusal before the integration is asked; a firewall's own answer stands for itself. */
type Refusal =
  | { readonly type: GatewayResponseValue; readonly message?: string }
  | { readonly answer: HttpResponse };

/**
 * Serves a REST API. In this order: firewall, path, authorizer, API key with throttle and quota, size, parameters,
 * body, integration.
 *
 * @param upstreamOf connections to a load balancer's listener, by its id.
 */
export function serveRestApi(
  api: RestApi,
  upstreamOf: (listenerId: string) => Upstream,
  ports: RestApiPorts,
): (exchange: Exchange) => Promise<void> {
  const match = compileRoutes(api.methods);
  const authorize = new Map<RestMethod['authorizer'], Authorize>();
  for (const { authorizer } of Object.values(api.methods)) {
    if (authorizer !== null && !authorize.has(authorizer)) {
      authorize.set(authorizer, requestAuthorizer(authorizer, ports));
    }
  }
  const admitAll =
    api.throttle === null
      ? () => true
      : tokenBucket(api.throttle.ratePerSecond, api.throttle.burst, ports.now);

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
    // Another stage than there is: an answer without a type, which no template changes.
    if (path !== prefix && !path.startsWith(`${prefix}/`)) {
      return textResponse(403, 'application/json', '{"message":"Forbidden"}');
    }
    const found = match(method, path.slice(prefix.length) || '/');
    const refusal = await refusalOf(call, found?.route ?? null, found?.pathParameters ?? {});
    if (refusal !== null) {
      return 'answer' in refusal
        ? refusal.answer
        : gatewayResponse(call, refusal.type, api.responses, refusal.message);
    }
    return found === null ? null : integrate(call, found.route);
  }

  async function refusalOf(
    call: RestCall,
    method: RestMethod | null,
    pathParameters: RestCall['pathParameters'],
  ): Promise<Refusal | null> {
    const { exchange, outcome } = call;
    const { headers } = exchange;
    const blocked = api.firewall({ ...exchange, viewerAddress: exchange.peer, requestId: call.requestId });
    if (blocked !== null) {
      outcome.firewallStatus = blocked.status;
      return { answer: blocked };
    }
    if (method === null) return { type: 'MISSING_AUTHENTICATION_TOKEN' };
    call.resourcePath = method.resourcePath;
    call.pathParameters = pathParameters;
    if (exchange.headBytes > maxHeadBytes) return { type: 'REQUEST_TOO_LARGE' };
    const denied = (await authorize.get(method.authorizer)?.(call)) ?? null;
    if (denied !== null) {
      if (outcome.authorizerError !== undefined) ports.notice(`authorizer: ${outcome.authorizerError}`);
      return { type: denied };
    }
    if (method.apiKeyRequired) {
      const result = ports.usagePlans.checkKey(api.id, headers.get('x-api-key') ?? '');
      if (result.kind === 'unknown') return { type: 'INVALID_API_KEY' };
      call.apiKeyId = result.keyId;
      if (result.kind === 'throttled') return { type: 'THROTTLED' };
      if (result.kind === 'quota') return { type: 'QUOTA_EXCEEDED' };
    }
    if (!admitAll()) return { type: 'THROTTLED' };
    if (!(await readBody(call))) return { type: 'REQUEST_TOO_LARGE' };
    const missing = method.parameters(call);
    if (missing !== null) return { type: 'BAD_REQUEST_PARAMETERS', message: missing };
    const invalid = method.body?.(headers.get('content-type'), call.body ?? Buffer.alloc(0)) ?? null;
    if (invalid === null) return null;
    outcome.validationError = invalid;
    return { type: 'BAD_REQUEST_BODY' };
  }

  async function integrate(call: RestCall, { integration }: RestMethod): Promise<HttpResponse | null> {
    const startedMs = ports.now();
    const result = await callLoadBalancer(call, integration, upstreamOf(integration.listenerId));
    call.outcome.integrationLatencyMs = Math.round(ports.now() - startedMs);
    switch (result.kind) {
      case 'gone':
        call.outcome.integrationError = 'The caller has gone.';
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

/** A REST API takes a body whole. False when it is more than the 10 MB of "Payload size". */
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
