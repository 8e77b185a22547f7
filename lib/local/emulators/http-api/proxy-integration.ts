import { Readable } from 'node:stream';
import type { HttpResponse } from '../../http/exchange.ts';
import type { Upstream } from '../../http/upstream.ts';
import { upstreamFailure } from '../../http/upstream-failure.ts';
import { type Call, domainOf } from './call.ts';
import type { IntegrationOutcome } from './integration.ts';
import type { Mapped } from './mapping.ts';
import { limited, maxPayloadBytes } from './payload-limit.ts';

export interface ProxyIntegration {
  readonly upstream: Upstream;
  /** `ANY` keeps the method of the request. */
  readonly method: string;
  readonly timeoutMs: number;
}

/** Sends the request through the VPC link to the load balancer; streams the request and the response. */
export async function callLoadBalancer(
  call: Call,
  mapped: Mapped,
  { upstream, method, timeoutMs }: ProxyIntegration,
): Promise<IntegrationOutcome> {
  const { exchange, outcome } = call;
  const headers = mapped.headers;
  headers.deleteHopByHop();
  addForwardingHeaders(call, headers);
  let tooLarge = false;
  const result = await upstream.call({
    method: method === 'ANY' ? exchange.method : method,
    target: mapped.query === '' ? mapped.path : `${mapped.path}?${mapped.query}`,
    headers,
    body: exchange.hasBody ? requestBody() : null,
    timeoutMs,
    gone: exchange.gone,
  });
  if (tooLarge) return { kind: 'own', type: 'REQUEST_TOO_LARGE', detail: 'The request body is over 10 MB.' };
  if (result.kind !== 'answered') return upstreamFailure(result);
  outcome.integrationStatus = result.status;
  return withinPayloadLimit(result);

  async function* requestBody(): AsyncGenerator<Uint8Array> {
    try {
      yield* limited(exchange.body(), (bytes) => {
        outcome.requestBytes = bytes;
      });
    } catch (error) {
      tooLarge = !exchange.gone.aborted;
      throw error;
    }
  }
}

/** A response over 10 MB becomes a 500; a response without a length is cut off at the limit. */
function withinPayloadLimit(answer: HttpResponse & { readonly body: Readable }): IntegrationOutcome {
  const declared = answer.headers.get('content-length');
  if (declared !== undefined && Number(declared) > maxPayloadBytes) {
    answer.body.destroy();
    return { kind: 'own', type: 'API_CONFIGURATION_ERROR', detail: 'The response is over 10 MB.' };
  }
  if (declared !== undefined) return { kind: 'answered', answer };
  return {
    kind: 'answered',
    answer: {
      ...answer,
      body: Readable.from(
        limited(answer.body, () => undefined),
        { objectMode: false },
      ),
    },
  };
}

function addForwardingHeaders(call: Call, headers: Mapped['headers']): void {
  const { peer } = call.exchange;
  const host = domainOf(call).name;
  const before = headers.get('x-forwarded-for');
  const forwarded = `by=${peer};for=${peer};host=${host};proto=https`;
  const forwardedBefore = headers.get('forwarded');
  headers.set('forwarded', forwardedBefore === undefined ? forwarded : `${forwardedBefore}, ${forwarded}`);
  headers.set('x-forwarded-for', before === undefined ? peer : `${before}, ${peer}`);
  headers.set('x-forwarded-proto', 'https');
  headers.set('x-forwarded-port', '443');
  const via = headers.get('via');
  const own = 'HTTP/1.1 AmazonAPIGateway';
  headers.set('via', via === undefined ? own : `${via}, ${own}`);
}
