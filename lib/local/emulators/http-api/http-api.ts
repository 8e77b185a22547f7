import type { GatewayPorts } from '../../engine/gateway-ports.ts';
import type { Exchange, HttpResponse } from '../../http/exchange.ts';
import type { Upstream } from '../../http/upstream.ts';
import { accessLogLine } from './access-log.ts';
import { authorize } from './authorizer.ts';
import { type Call, newCall } from './call.ts';
import type { Api, Route } from './compile-api.ts';
import { gatewayResponse } from './gateway-responses.ts';
import type { IntegrationOutcome } from './integration.ts';
import { callLambda } from './lambda-integration.ts';
import { applyMappings, type Mapped } from './mapping.ts';
import { maxHeadBytes, maxPayloadBytes } from './payload-limit.ts';
import { callLoadBalancer } from './proxy-integration.ts';
import { compileRoutes } from './routes.ts';
import { tokenBucket } from './throttle.ts';

export type ApiPorts = Pick<GatewayPorts, 'invoke' | 'now' | 'requestId' | 'accessLog' | 'notice'>;

/**
 * Serves an HTTP API.
 *
 * @param upstreamOf connections to a load balancer's listener, by its id.
 */
export function serveApi(
  api: Api,
  upstreamOf: (listenerId: string) => Upstream,
  ports: ApiPorts,
): (exchange: Exchange) => Promise<void> {
  const match = compileRoutes(
    Object.fromEntries(
      Object.entries(api.routes).map(([key, route]) => [
        key,
        {
          route,
          admit:
            route.throttle === null
              ? () => true
              : tokenBucket(route.throttle.ratePerSecond, route.throttle.burst, ports.now),
        },
      ]),
    ),
  );
  const missing = noticeOnce(ports.notice);

  return async (exchange) => {
    const call = newCall(api.facts, exchange, ports.requestId(), ports.now());
    const preflight = api.cors.preflight(exchange);
    const answer = preflight ?? (await respond(call));
    if (answer !== null) {
      if (preflight === null) api.cors.addHeaders(exchange, answer.headers);
      answer.headers.set('apigw-requestid', call.requestId);
      call.outcome.status = answer.status;
      call.outcome.responseBytes = await exchange.send(answer);
    }
    call.outcome.endedMs = ports.now();
    if (api.accessLogFormat !== null) ports.accessLog(accessLogLine(api.accessLogFormat, call));
  };

  async function respond(call: Call): Promise<HttpResponse | null> {
    const { exchange } = call;
    if (exchange.headBytes > maxHeadBytes) return gatewayResponse(call, 'HEADERS_TOO_LARGE');
    const found = match(exchange.method, exchange.path);
    if (found === null) return gatewayResponse(call, 'MISSING_ROUTE');
    const { route, admit } = found.route;
    call.routeKey = route.key;
    call.pathParameters = found.pathParameters;
    if (!admit()) return gatewayResponse(call, 'THROTTLED');
    if (Number(exchange.headers.get('content-length') ?? 0) > maxPayloadBytes) {
      return gatewayResponse(call, 'REQUEST_TOO_LARGE');
    }
    if (route.authorizer !== null) {
      const refusal = await authorize(call, route.authorizer, ports.invoke);
      if (call.outcome.authorizerError !== undefined)
        ports.notice(`authorizer: ${call.outcome.authorizerError}`);
      if (refusal !== null) return gatewayResponse(call, refusal);
    }
    return integrate(call, route);
  }

  async function integrate(call: Call, route: Route): Promise<HttpResponse | null> {
    const { exchange, outcome } = call;
    const { integration } = route;
    const request: Mapped = {
      headers: exchange.headers.copy(),
      path: exchange.path,
      query: exchange.query,
      status: 0,
    };
    applyMappings(integration.request, request, { call }, missing(route.key));
    const startedMs = ports.now();
    const result = await send(call, route, request);
    outcome.integrationLatencyMs = Math.round(ports.now() - startedMs);
    switch (result.kind) {
      case 'gone':
        outcome.integrationError = 'The caller has gone.';
        return null;
      case 'own':
        outcome.integrationError = result.detail;
        return gatewayResponse(call, result.type);
      case 'answered': {
        const { status, headers, body } = result.answer;
        const mapped: Mapped = { headers, path: '', query: '', status };
        const mappings = integration.response[String(status)] ?? [];
        applyMappings(mappings, mapped, { call, responseHeaders: headers.copy() }, missing(route.key));
        return { status: mapped.status, headers: mapped.headers, body };
      }
      default:
        return result satisfies never;
    }
  }

  function send(
    call: Call,
    { integration, authorizer }: Route,
    request: Mapped,
  ): Promise<IntegrationOutcome> {
    const { target } = integration;
    return target.kind === 'lambda'
      ? callLambda(call, request, authorizer !== null, target, ports.invoke)
      : callLoadBalancer(call, request, { ...target, upstream: upstreamOf(target.listenerId) });
  }
}

/** One notice for each route and mapping that found no value; the next calls would only repeat it. */
function noticeOnce(notice: (text: string) => void) {
  const reported = new Set<string>();
  return (routeKey: string) => (destination: string) => {
    const text = `${routeKey}: the mapping ${destination} found no value and was left out; AWS does not document what it does then.`;
    if (reported.has(text)) return;
    reported.add(text);
    notice(text);
  };
}
