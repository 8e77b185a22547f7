import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import {
  type Context,
  createContextKey,
  defaultTextMapGetter,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  RandomIdGenerator,
  type Sampler,
  SamplingDecision,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { NO_VALUE, requestHeaders } from '../../../runtime/contracts/gateway-contract.ts';
import { cameThroughGateway } from '../http/internal-paths.ts';
import type { Log } from '../log.ts';
import type { Tracing } from './tracing.ts';
import { readXRayTrace } from './x-ray-trace-header.ts';

/** Where spans go, and of how many traces. */
export interface TracingSettings {
  /** Base URL of a collector that takes OTLP over HTTP. */
  readonly endpoint: string;
  /** Of the traces that begin here or that a caller of the gateway has begun, from 0 to 1; those of other services are kept or not as these say. */
  readonly sampledRatio: number;
}

export interface TracingPorts {
  readonly service: string;
  readonly environment: string;
  readonly log: Log;
  /** Milliseconds since the epoch, for the ids of traces. */
  readonly nowMs: () => number;
}

/** With them a collector that is away costs some megabytes at most, and spans beyond are dropped. */
const maxWaitingSpans = 2_048;
const maxValueCharacters = 256;
/** Of one batch with its repetitions: within what a service has left when it stops. */
const exportTimeoutMs = 2_000;

/** Where a request's trace goes on, or the id under which it begins here. */
interface TraceStart {
  readonly context: Context;
  readonly traceId?: string;
}

/**
 * The source of spans, which it exports in batches.
 *
 * @param traceId the id of the next trace; undefined for a random one.
 */
function createTracerProvider(
  settings: TracingSettings,
  ports: TracingPorts,
  traceId: () => string | undefined,
): TracerProvider {
  const random = new RandomIdGenerator();
  const exporter = new OTLPTraceExporter({
    url: new URL('v1/traces', `${settings.endpoint.replace(/\/$/, '')}/`).href,
    timeoutMillis: exportTimeoutMs,
  });
  return new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': ports.service,
      'deployment.environment.name': ports.environment,
    }),
    sampler: samplerOf(settings.sampledRatio),
    idGenerator: {
      generateSpanId: () => random.generateSpanId(),
      // X-Ray ids start with the time in seconds. Older exporters and consoles require it.
      generateTraceId: () =>
        traceId() ??
        Math.floor(ports.nowMs() / 1000)
          .toString(16)
          .padStart(8, '0') + random.generateTraceId().slice(8),
    },
    spanLimits: { attributeValueLengthLimit: maxValueCharacters },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: logDroppedSpans(exporter, ports.log),
        maxQueueSize: maxWaitingSpans,
        exportTimeoutMillis: exportTimeoutMs,
      }),
    ],
  });
}

/** Traces requests with OpenTelemetry. Spans are sent to a collector in the background; no request waits for them. */
export function startTracing(settings: TracingSettings, ports: TracingPorts): Tracing {
  let nextTraceId: string | undefined;
  const provider = createTracerProvider(settings, ports, () => nextTraceId);
  const tracer = provider.getTracer('gatehouse');
  const propagator = new W3CTraceContextPropagator();
  const spans = new AsyncLocalStorage<Span>();

  const begin = ({ context, traceId }: TraceStart, ...[name, options]: SpanOf) => {
    nextTraceId = traceId;
    const span = tracer.startSpan(name, options, context);
    nextTraceId = undefined;
    return span;
  };

  return {
    traceId: () => spans.getStore()?.spanContext().traceId,
    async serve(request, attributes, answer) {
      const { method, url, headers } = request;
      const span = begin(beginningOf(headers, propagator, settings.sampledRatio), method, {
        kind: SpanKind.SERVER,
        attributes: {
          'http.request.method': method,
          'url.path': new URL(url).pathname,
          'url.scheme': 'http',
          ...attributes,
        },
      });
      try {
        const { status, route } = await spans.run(span, answer);
        span.setAttribute('http.response.status_code', status);
        if (route !== null) span.setAttribute('http.route', route).updateName(`${method} ${route}`);
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      } finally {
        span.end();
      }
    },
    traced: (service, send) => async (request) => {
      const above = spans.getStore();
      const context = above === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, above);
      const { method, url } = request;
      const { hostname, port, pathname } = new URL(url);
      const span = begin({ context }, `${method} ${service}`, {
        kind: SpanKind.CLIENT,
        attributes: {
          'http.request.method': method,
          'url.full': url,
          'url.path': pathname,
          'server.address': hostname,
          ...(port === '' ? {} : { 'server.port': Number(port) }),
          'peer.service': service,
        },
      });
      propagator.inject(trace.setSpan(ROOT_CONTEXT, span), request.headers, {
        set: (headers: Headers, name, value) => headers.set(name, value),
      });
      try {
        const answer = await send(request);
        span.setAttribute('http.response.status_code', answer.status);
        if (answer.status >= 400) span.setStatus({ code: SpanStatusCode.ERROR });
        return answer;
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
        throw error;
      } finally {
        span.end();
      }
    },
    stop: () => provider.shutdown(),
  };
}

type SpanOf = readonly [
  name: string,
  options: { kind: SpanKind; attributes: Record<string, string | number> },
];

/** Whether the trace of a request from outside is kept, where that does not follow from its parent. */
const keptKey = createContextKey('gatehouse kept');

function samplerOf(ratio: number): Sampler {
  const byParent = new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
  return {
    shouldSample: (context, ...rest) => {
      const kept = context.getValue(keptKey);
      if (kept === undefined) return byParent.shouldSample(context, ...rest);
      return { decision: kept === true ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD };
    },
    toString: () => byParent.toString(),
  };
}

/**
 * The caller's own header goes before the one that AWS adds to every request. Of a call through the gateway only the
 * ids count: neither a flag nor an id that a caller chose may choose what is kept, so the gateway's request id does, and
 * for all services of the call alike.
 */
function beginningOf(headers: Headers, propagator: W3CTraceContextPropagator, ratio: number): TraceStart {
  const beginning = givenBeginning(headers, propagator);
  if (!cameThroughGateway(headers)) return beginning;
  const kept = shareOf(headers.get(requestHeaders.requestId) ?? NO_VALUE) < ratio;
  return { ...beginning, context: beginning.context.setValue(keptKey, kept) };
}

function givenBeginning(headers: Headers, propagator: W3CTraceContextPropagator): TraceStart {
  const fromCaller = propagator.extract(ROOT_CONTEXT, Object.fromEntries(headers), defaultTextMapGetter);
  if (trace.getSpanContext(fromCaller) !== undefined) return { context: fromCaller };
  const ofAmazon = readXRayTrace(headers.get('x-amzn-trace-id') ?? '');
  if (ofAmazon === undefined) return { context: ROOT_CONTEXT };
  const { traceId, parentId } = ofAmazon;
  if (parentId === null) return { context: ROOT_CONTEXT, traceId };
  const above = { traceId, spanId: parentId, traceFlags: TraceFlags.NONE, isRemote: true };
  return { context: isSpanContextValid(above) ? trace.setSpanContext(ROOT_CONTEXT, above) : ROOT_CONTEXT };
}

/** A number from 0 to below 1 that follows from a text, evenly spread. */
function shareOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE() / 2 ** 32;
}

/** Logs when spans begin to be lost and when they are taken again, not each time. */
function logDroppedSpans(exporter: SpanExporter, log: Log): SpanExporter {
  let isAway = false;
  return {
    export: (batch, done) =>
      exporter.export(batch, (result) => {
        const failed = result.code === ExportResultCode.FAILED;
        if (failed && !isAway) {
          log('warn', 'spans are lost, the collector does not take them', { error: String(result.error) });
        }
        if (!failed && isAway) log('info', 'the collector takes spans again');
        isAway = failed;
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
  };
}
