import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { matchedRoutes, routePath } from 'hono/route';
import { defaultBodyKiB, NO_VALUE, requestHeaders } from '../../../runtime/contracts/gateway-contract.ts';
import { digestMismatch } from '../../../runtime/contracts/refusals.ts';
import { checkContentDigest } from '../../../runtime/http/content-digest.ts';
import type { Log } from '../log.ts';
import { RejectedDataError } from '../rejected-data.ts';
import type { Tracing } from '../tracing/tracing.ts';
import { UnavailableError } from '../unavailable.ts';
import { callerOf } from './caller.ts';
import { currentRequest } from './current-request.ts';
import { cameThroughGateway, isInternalPath } from './internal-paths.ts';
import { openApiOf, operationOf } from './openapi.ts';
import { problem } from './problem.ts';
import type { ServiceApp, ServiceContext, ServiceEnv } from './service-app.ts';
import { decodeTarget, textFault } from './text-rules.ts';

/** What the HTTP app of a role needs from its process. */
export interface AppPorts {
  readonly service: string;
  readonly log: Log;
  readonly tracing: Tracing;
  /** Milliseconds of a monotonic clock, for durations. */
  readonly monotonicMs: () => number;
  /** Called after each request, except requests to `/health`, `/ready` and `/openapi.json`. */
  readonly onAnswered: (status: number, milliseconds: number) => void;
  /** Whether the process is stopping and accepts no new work. */
  readonly isStopping: () => boolean;
  /** Dependencies that every request needs, by name. Each check rejects within seconds while its dependency is unavailable. */
  readonly checks: Readonly<Record<string, () => Promise<unknown>>>;
}

/** The app of a role: the routes of the role, with the middleware and the routes that all roles share. */
export function createApp(ports: AppPorts, addRoutes: (app: ServiceApp) => void): ServiceApp {
  const app: ServiceApp = new Hono<ServiceEnv>();
  app.use(
    readCaller,
    traceRequest(ports),
    logRequest(ports),
    hideInternal(ports.service),
    refuseMalformed,
    limitBody,
    checkDigest,
  );

  // The health check of the load balancer does not depend on other systems: ECS replaces a task that fails it, which does
  // not help while a database is unavailable.
  app.get('/health', (c) => c.json({ status: 'ok', service: ports.service }));
  app.get('/ready', (c) => ready(c, ports));
  addRoutes(app);
  const document = openApiOf(ports.service, app);
  app.get('/openapi.json', (c) => c.json(document));
  refuseOtherMethods(app);

  app.notFound(notFound(ports.service));
  app.onError((error, c) => errorResponse(error, c, ports.log));
  return app;
}

function errorResponse(error: Error, c: ServiceContext, log: Log): Response {
  // The client has disconnected within the body: no one reads the response, and the service has not failed.
  if (c.req.raw.signal.aborted) return problem(c, 400, 'The connection closed before the end of the body.');
  const refused = error instanceof RejectedDataError ? error.reason : null;
  log(refused === null ? 'error' : 'warn', refused === null ? 'unexpected error' : 'data refused', {
    requestId: c.var.caller.requestId,
    method: c.req.method,
    path: c.req.path,
    error: error.stack ?? error.message,
  });
  if (refused === 'invalid') return problem(c, 422, 'A value in the request cannot be stored.');
  if (refused === 'conflict')
    return problem(c, 409, 'The request contradicts stored data. Read the resource again.');
  if (error instanceof UnavailableError) {
    const detail = 'A dependency of the service is unavailable. Try again shortly.';
    return problem(c, 503, detail, { headers: { 'retry-after': '2' } });
  }
  return problem(c, 500, 'The service failed. Its log has the cause under the request id.');
}

/** Whether all dependencies are available. The 503 names those that are not. */
async function ready(c: ServiceContext, ports: AppPorts): Promise<Response> {
  if (ports.isStopping()) return problem(c, 503, 'The service is stopping.');
  const results = await Promise.all(
    Object.entries(ports.checks).map(async ([name, check]) => {
      const isAvailable = await check().then(
        () => true,
        () => false,
      );
      return [name, isAvailable] as const;
    }),
  );
  const unavailable = results.flatMap(([name, isAvailable]) => (isAvailable ? [] : [name]));
  if (unavailable.length > 0) return problem(c, 503, `Unavailable dependencies: ${unavailable.join(', ')}.`);
  const checks = Object.fromEntries(results.map(([name]) => [name, 'ok']));
  return c.json({ status: 'ok', service: ports.service, checks });
}

type Middleware = (c: ServiceContext, next: () => Promise<void>) => Promise<Response | undefined>;

const readCaller: Middleware = async (c, next) => {
  const caller = callerOf(c.req.raw.headers);
  c.set('caller', caller);
  if (caller.requestId === NO_VALUE) await next();
  else await currentRequest.run(caller.requestId, next);
  return undefined;
};

/** The route pattern of a path that only the middleware matches. */
const everyPath = '/*';
/** Paths about the service itself. They are not traced and not counted in the metrics. */
const platformPaths = new Set(['/health', '/ready', '/openapi.json']);

/** Answers 404 for internal paths to callers of the gateway. Only services call internal paths. */
function hideInternal(service: string): Middleware {
  return async (c, next) => {
    if (cameThroughGateway(c.req.raw.headers) && isInternalPath(c.req.path)) return notFound(service)(c);
    await next();
    return undefined;
  };
}

const notFound = (service: string) => (c: ServiceContext) =>
  problem(c, 404, `The ${service} service has no resource ${c.req.path}.`);

/** Records a span for each request, except requests to `platformPaths`. */
function traceRequest({ tracing }: AppPorts): Middleware {
  return async (c, next) => {
    if (platformPaths.has(c.req.path)) {
      await next();
      return undefined;
    }
    const attributes = { 'gatehouse.request_id': c.var.caller.requestId };
    await tracing.serve(c.req.raw, attributes, async () => {
      await next();
      const route = routePath(c, -1);
      return { status: c.res.status, route: route === everyPath ? null : route };
    });
    return undefined;
  };
}

/** Logs one line per request. Without the query, which may contain personal data such as search terms. */
function logRequest(ports: AppPorts): Middleware {
  return async (c, next) => {
    const start = ports.monotonicMs();
    await next();
    // Otherwise a persistent connection would bring further requests to a stopping process.
    if (ports.isStopping()) c.header('connection', 'close');
    const { requestId, userId, clientId } = c.var.caller;
    const durationMs = Math.round((ports.monotonicMs() - start) * 10) / 10;
    if (!platformPaths.has(c.req.path)) ports.onAnswered(c.res.status, durationMs);
    ports.log('info', 'request', {
      requestId,
      userId,
      clientId,
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
      durationMs,
    });
    return undefined;
  };
}

/** The headers that services read. */
const readHeaders: readonly string[] = [
  ...Object.values(requestHeaders),
  'content-encoding',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-none-match',
];

/**
 * Refuses control characters and invalid escapes in paths, queries and headers before any route reads them. `readBody`
 * does it for bodies.
 */
const refuseMalformed: Middleware = async (c, next) => {
  const { url } = c.req;
  const target = url.slice(url.indexOf('/', url.indexOf('://') + 3));
  if (decodeTarget(target) === null) {
    return problem(
      c,
      400,
      'The path or the query contains a control character, or an escape that is not UTF-8.',
    );
  }
  const faulty = readHeaders.find((name) => textFault(c.req.header(name) ?? '', 'prose') !== null);
  if (faulty !== undefined) return problem(c, 400, `The header ${faulty} contains a control character.`);
  await next();
  return undefined;
};

/** Limits the length of bodies. Bodies of GET and HEAD are not read. */
const limitBody: Middleware = async (c, next) => {
  if (c.req.method === 'GET' || c.req.method === 'HEAD') {
    await next();
    return undefined;
  }
  const declared = matchedRoutes(c).map(({ handler }) => operationOf(handler)?.maxBodyKiB ?? defaultBodyKiB);
  const maxSize = Math.max(...declared) * 1024;
  const onError = () => problem(c, 413, `The body is longer than ${maxSize} bytes.`);
  return (await bodyLimit({ maxSize, onError })(c, next)) ?? undefined;
};

/**
 * Compares the body with the digest that the gateway passes on. The gateway has verified the caller's signature over the
 * digest, but it does not see the body. A request without a digest was not signed.
 */
const checkDigest: Middleware = async (c, next) => {
  const digest = c.req.header(requestHeaders.contentDigest) ?? NO_VALUE;
  if (digest !== NO_VALUE) {
    const body = Buffer.from(await c.req.arrayBuffer());
    if (checkContentDigest(digest, body) !== 'matched') {
      return problem(c, digestMismatch.status, digestMismatch.body.detail);
    }
  }
  await next();
  return undefined;
};

/** Answers 405 with the allowed methods for a known path with another method. */
function refuseOtherMethods(app: ServiceApp): void {
  const methodsOf = new Map<string, Set<string>>();
  for (const { method, path } of app.routes) {
    if (method === 'ALL') continue;
    const methods = methodsOf.get(path) ?? new Set();
    methodsOf.set(path, methods.add(method));
    if (method === 'GET') methods.add('HEAD');
  }
  for (const [path, methods] of methodsOf) {
    const allow = [...methods].sort().join(', ');
    app.all(path, (c) =>
      problem(c, 405, `The resource does not support ${c.req.method}. Use ${allow}.`, { headers: { allow } }),
    );
  }
}
