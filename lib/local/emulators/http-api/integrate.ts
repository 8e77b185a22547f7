import type { GatewayPorts } from '../../engine/gateway-ports.ts';
import type { HttpResponse } from '../../http/exchange.ts';
import type { Upstream } from '../../http/upstream.ts';
import type { Call } from './call.ts';
import type { Route } from './compile-api.ts';
import { gatewayResponse } from './gateway-responses.ts';
import type { IntegrationOutcome } from './integration.ts';
import { callLambda } from './lambda-integration.ts';
import { applyMappings, type Mapped } from './mapping.ts';
import { callLoadBalancer } from './proxy-integration.ts';

export interface IntegratePorts extends Pick<GatewayPorts, 'invoke' | 'now'> {
  /** Connections to the listener of a load balancer, by its id. */
  readonly upstreamOf: (listenerId: string) => Upstream;
  /** Receives each mapping whose source has no value. */
  readonly missingValue: (routeKey: string, destination: string) => void;
}

/** Calls the integration of a route and applies its mappings; null when the client has disconnected. */
export async function integrate(
  call: Call,
  route: Route,
  ports: IntegratePorts,
): Promise<HttpResponse | null> {
  const { exchange, outcome } = call;
  const { integration } = route;
  const missing = (destination: string) => ports.missingValue(route.key, destination);
  const request: Mapped = {
    headers: exchange.headers.copy(),
    path: exchange.path,
    query: exchange.query,
    status: 0,
  };
  applyMappings(integration.request, request, { call }, missing);
  const startedMs = ports.now();
  const result = await send(call, route, request, ports);
  outcome.integrationLatencyMs = Math.round(ports.now() - startedMs);
  switch (result.kind) {
    case 'gone':
      outcome.integrationError = 'The client has disconnected.';
      return null;
    case 'own':
      outcome.integrationError = result.detail;
      return gatewayResponse(call, result.type);
    case 'answered': {
      const { status, headers, body } = result.answer;
      const mapped: Mapped = { headers, path: '', query: '', status };
      const mappings = integration.response[String(status)] ?? [];
      applyMappings(mappings, mapped, { call, responseHeaders: headers.copy() }, missing);
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
  ports: IntegratePorts,
): Promise<IntegrationOutcome> {
  const { target } = integration;
  return target.kind === 'lambda'
    ? callLambda(call, { mapped: request, authorized: authorizer !== null, target }, ports.invoke)
    : callLoadBalancer(call, request, { ...target, upstream: ports.upstreamOf(target.listenerId) });
}
