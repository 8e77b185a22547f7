import type { GatewayPorts } from '../../engine/gateway-ports.ts';
import type { Exchange, HttpResponse } from '../../http/exchange.ts';
import type { Upstream } from '../../http/upstream.ts';
import { accessLogLine } from './access-log.ts';
import { authorize } from './authorizer.ts';
import { type Call, newCall } from './call.ts';
import type { Api } from './compile-api.ts';
import { gatewayResponse } from './gateway-responses.ts';
import { type IntegratePorts, integrate } from './integrate.ts';
import { maxHeadBytes, maxPayloadBytes } from './payload-limit.ts';
import { compileRoutes } from './routes.ts';
import { tokenBucket } from './throttle.ts';

export type ApiPorts = Pick<GatewayPorts, 'invoke' | 'now' | 'requestId' | 'accessLog' | 'hop' | 'notice'>;

/**
 * Serves an HTTP API.
 *
 * @param upstreamOf connections to the listener of a load balancer, by its id.
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
  const integratePorts: IntegratePorts = {
    ...ports,
    upstreamOf,
    missingValue: missingValueNotice(ports.notice),
  };

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
      const startedMs = ports.now();
      const refusal = await authorize(call, route.authorizer, ports.invoke);
      const { decision = '-', reason = '-', caller = '-' } = call.authorizer;
      const fields = { decision, reason, caller };
      ports.hop?.({
        name: 'authorizer',
        requestId: call.requestId,
        startedMs,
        endedMs: ports.now(),
        fields,
      });
      if (call.outcome.authorizerError !== undefined)
        ports.notice(`authorizer: ${call.outcome.authorizerError}`);
      if (refusal !== null) return gatewayResponse(call, refusal);
    }
    return await integrate(call, route, integratePorts);
  }
}

/** Reports each route and mapping without a value once. */
function missingValueNotice(notice: (text: string) => void): IntegratePorts['missingValue'] {
  const reported = new Set<string>();
  return (routeKey, destination) => {
    const key = `${routeKey} ${destination}`;
    if (reported.has(key)) return;
    reported.add(key);
    notice(
      `${routeKey}: the mapping ${destination} has no value and is skipped. AWS does not document this case.`,
    );
  };
}
