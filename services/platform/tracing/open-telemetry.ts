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

/** The collector of spans, and the sampling ratio. */
export interface TracingSettings {
  /** Base URL of a collector that accepts OTLP over HTTP. */
  readonly endpoint: string;
  /**
   * From 0 to 1. Applies to traces that start here or at a caller of the gateway. Traces of other services follow the
   * sampling decision of those services.
   */
  readonly sampledRatio: number;
}

export interface TracingPorts {
  readonly service: string;
  readonly environment: string;
  readonly log: Log;
  /** Milliseconds since the epoch, for trace ids. */
  readonly nowMs: () => number;
}

/** While the collector is unavailable, spans use some megabytes at most; further spans are dropped. */
const maxWaitingSpans = 2_048;
const maxValueCharacters = 256;
/** For one batch with its retries: shorter than the time that a stopping service has. */
const exportTimeoutMs = 2_000;

/** The parent of a request's span, or the id of the trace that starts here. */
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

  const startSpan = ({ context, traceId }: TraceStart, ...[name, options]: SpanOf) => {
    nextTraceId = traceId;
    const span = tracer.startSpan(name, options, context);
    nextTraceId = undefined;
    return span;
  };

  return {
    traceId: () => spans.getStore()?.spanContext().traceId,
    async serve(request, attributes, answer) {
      const { method, url, headers } = request;
      const span = startSpan(traceStartOf(headers, propagator, settings.sampledRatio), method, {
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
      const parent = spans.getStore();
      const context = parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, parent);
      const { method, url } = request;
      const { hostname, port, pathname } = new URL(url);
      const span = startSpan({ context }, `${method} ${service}`, {
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

/** The sampling decision for a request through the gateway, which overrides that of its parent. */
const sampledKey = createContextKey('gatehouse sampled');

function samplerOf(ratio: number): Sampler {
  const byParent = new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
  return {
    shouldSample: (context, ...rest) => {
      const sampled = context.getValue(sampledKey);
      if (sampled === undefined) return byParent.shouldSample(context, ...rest);
      return {
        decision: sampled === true ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD,
      };
    },
    toString: () => byParent.toString(),
  };
}

/**
 * The start of a request's trace. For a request through the gateway, the gateway's request id decides whether the trace is
 * sampled, in all services alike: a caller must not decide it by a flag or by the choice of a trace id.
 */
function traceStartOf(headers: Headers, propagator: W3CTraceContextPropagator, ratio: number): TraceStart {
  const start = readTraceStart(headers, propagator);
  if (!cameThroughGateway(headers)) return start;
  const sampled = fractionOf(headers.get(requestHeaders.requestId) ?? NO_VALUE) < ratio;
  return { ...start, context: start.context.setValue(sampledKey, sampled) };
}

/** Reads the caller's `traceparent` header, otherwise the header that AWS adds to every request. */
function readTraceStart(headers: Headers, propagator: W3CTraceContextPropagator): TraceStart {
  const fromCaller = propagator.extract(ROOT_CONTEXT, Object.fromEntries(headers), defaultTextMapGetter);
  if (trace.getSpanContext(fromCaller) !== undefined) return { context: fromCaller };
  const xRayTrace = readXRayTrace(headers.get('x-amzn-trace-id') ?? '');
  if (xRayTrace === undefined) return { context: ROOT_CONTEXT };
  const { traceId, parentId } = xRayTrace;
  if (parentId === null) return { context: ROOT_CONTEXT, traceId };
  const parent = { traceId, spanId: parentId, traceFlags: TraceFlags.NONE, isRemote: true };
  return { context: isSpanContextValid(parent) ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT };
}

/** A number from 0 to below 1, computed from a hash of the text. */
function fractionOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE() / 2 ** 32;
}

/** Logs when the first batch of spans is lost, and when the collector accepts spans again. */
function logDroppedSpans(exporter: SpanExporter, log: Log): SpanExporter {
  let isFailing = false;
  return {
    export: (batch, done) =>
      exporter.export(batch, (result) => {
        const failed = result.code === ExportResultCode.FAILED;
        if (failed && !isFailing) {
          log('warn', 'spans are lost, the collector is unavailable', { error: String(result.error) });
        }
        if (!failed && isFailing) log('info', 'the collector accepts spans again');
        isFailing = failed;
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
  };
}
