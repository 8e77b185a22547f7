import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll } from 'vitest';

/** The fields of a span in OTLP's JSON that the tests read (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). */
export interface CollectedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  /** 2 for a server, 3 for a client. */
  readonly kind: number;
  readonly status: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface TestCollector {
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** Settles when this many spans have arrived. */
  readonly collected: (count: number) => Promise<readonly CollectedSpan[]>;
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}
interface OtlpBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<CollectedSpan, 'attributes' | 'service' | 'status'> & {
        readonly attributes: readonly Attribute[];
        readonly status: { readonly code?: number };
      })[];
    }[];
  }[];
}

const valuesOf = (attributes: readonly Attribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

/**
 * Starts a collector of OTLP over HTTP for the tests of one file.
 *
 * @param ready the collector responds to batches when it settles.
 */
export async function startCollector(ready: Promise<void> = Promise.resolve()): Promise<TestCollector> {
  const spans: CollectedSpan[] = [];
  const waiting = new Set<() => void>();
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.url !== '/v1/traces') return void response.writeHead(404).end();
    const body = (await json(request)) as OtlpBody;
    for (const { resource, scopeSpans } of body.resourceSpans) {
      const service = String(valuesOf(resource.attributes)['service.name']);
      for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
        const attributes = valuesOf(span.attributes);
        spans.push({ ...span, service, attributes, status: span.status.code ?? 0 });
      }
    }
    for (const check of waiting) check();
    await ready;
    response.setHeader('content-type', 'application/json').end('{}');
    return undefined;
  };
  const server = createServer((request, response) => void receive(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    collected: (count) =>
      new Promise((resolve) => {
        const check = () => {
          if (spans.length >= count) resolve(spans);
        };
        waiting.add(check);
        check();
      }),
  };
}
