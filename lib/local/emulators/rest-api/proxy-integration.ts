import type { HttpResponse } from '../../http/exchange.ts';
import { HeaderFields } from '../../http/header-fields.ts';
import type { Upstream } from '../../http/upstream.ts';
import { upstreamFailure } from '../../http/upstream-failure.ts';
import { collect, PayloadTooLargeError } from '../http-api/payload-limit.ts';
import type { RestCall } from './call.ts';
import type { GatewayResponseValue } from './gateway-responses.ts';
import type { MappingSource } from './mapping-source.ts';

export interface RestIntegration {
  /** The id of the load balancer's listener. */
  readonly listenerId: string;
  /** The host of the integration URI. */
  readonly host: string;
  /** The path of the integration URI with its parameters: `/api/products/{id}`. */
  readonly path: string;
  readonly method: string;
  readonly timeoutMs: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, MappingSource>>;
  /** By their name in the path. */
  readonly pathParameters: Readonly<Record<string, MappingSource>>;
}

export type IntegrationOutcome =
  | { readonly kind: 'answered'; readonly answer: HttpResponse }
  | { readonly kind: 'own'; readonly type: GatewayResponseValue; readonly detail: string }
  | { readonly kind: 'gone' };

/** Header fields of a response that a REST API renames ("Amazon API Gateway important notes"). */
const remapped = ['content-length', 'connection', 'date', 'server', 'www-authenticate'];

/**
 * Sends the request through the VPC link. The stage is the first segment of the path: "For private integrations, API Gateway
 * includes the stage portion of the API endpoint" ("Private integrations for REST APIs").
 */
export async function callLoadBalancer(
  call: RestCall,
  integration: RestIntegration,
  upstream: Upstream,
): Promise<IntegrationOutcome> {
  const { exchange, outcome, stage } = call;
  const path = integration.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(integration.pathParameters[name]?.(call) ?? ''),
  );
  const result = await upstream.call({
    method: integration.method,
    target: `/${stage}${path}${exchange.query === '' ? '' : `?${exchange.query}`}`,
    headers: headersOf(call, integration),
    body: call.body ?? null,
    timeoutMs: integration.timeoutMs,
    gone: exchange.gone,
  });
  if (result.kind !== 'answered') return upstreamFailure(result);
  outcome.integrationStatus = result.status;
  try {
    return { kind: 'answered', answer: { ...result, body: await collect(result.body) } };
  } catch (error) {
    if (exchange.gone.aborted) return { kind: 'gone' };
    const detail =
      error instanceof PayloadTooLargeError
        ? error.message
        : 'The service closed the connection in the middle of the response.';
    return { kind: 'own', type: 'INTEGRATION_FAILURE', detail };
  }
}

/** The headers of the client; mapped headers replace those of the same name. */
function headersOf(call: RestCall, integration: RestIntegration): HeaderFields {
  const { exchange, apiId } = call;
  const headers = exchange.headers.copy();
  headers.deleteHopByHop();
  headers.delete('content-length');
  headers.set('host', integration.host);
  const before = headers.get('x-forwarded-for');
  headers.set('x-forwarded-for', before === undefined ? exchange.peer : `${before}, ${exchange.peer}`);
  headers.set('x-forwarded-proto', 'https');
  headers.set('x-forwarded-port', '443');
  headers.set('x-amzn-apigateway-api-id', apiId);
  if (!headers.has('user-agent')) headers.set('user-agent', `AmazonAPIGateway_${apiId}`);
  for (const [name, source] of Object.entries(integration.headers)) {
    headers.delete(name);
    const value = source(call);
    if (value !== undefined) headers.set(name, value);
  }
  return headers;
}

/** The header fields of the response, renamed as a REST API does. */
export function restResponseHeaders(headers: HeaderFields): HeaderFields {
  const answered = new HeaderFields();
  for (const name of headers.names()) {
    for (const value of headers.all(name)) {
      answered.append(remapped.includes(name) ? `x-amzn-remapped-${name}` : name, value);
    }
  }
  return answered;
}
