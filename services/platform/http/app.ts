import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { matchedRoutes, routePath } from 'hono/route';
import {
  defaultBodyKiB,
  digestMismatch,
  NO_VALUE,
  requestHeaders,
} from '../../../runtime/contracts/gateway-contract.ts';
import { checkContentDigest } from '../../../runtime/http/content-digest.ts';
import type { Log } from '../log.ts';
import { RejectedDataError } from '../rejected-data.ts';
import type { Tracing } from '../tracing/tracing.ts';
import { UnavailableError } from '../unavailable.ts';
import { callerOf } from './caller.ts';
import { cameThroughGateway, isInternalPath } from './internal-paths.ts';
import { openApiOf, operationOf } from './openapi.ts';
import { problem } from './problem.ts';
import type { ServiceApp, ServiceContext, ServiceEnv } from './service-app.ts';
import { decodeTarget, textFault } from './text-rules.ts';

/** What every role's HTTP surface needs of its surroundings. */
export interface AppPorts {
  readonly service: string;
  readonly log: Log;
  readonly tracing: Tracing;
  /** Milliseconds of a clock that never steps, for durations. */
  readonly monotonicMs: () => number;
  /** Told of each request but those that ask after the service itself. */
  readonly onAnswered: (status: number, milliseconds: number) => void;
  /** The process has been told to stop: no new work, please. */
  readonly isStopping: () => boolean;
  /** What no call can do without, by name: each rejects while it is away, within seconds. */
  readonly checks: Readonly<Record<string, () => Promise<unknown>>>;
}

/** A role's app: its own routes within what is the same for all. */
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

  // The process is alive, whatever it depends on: the load balancer asks this, and ECS replaces a task that fails it,
  // which would help nobody while a database is away.
  app.get('/health', (c) => c.json({ status: 'ok', service: ports.service }));
  app.get('/ready', (c) => ready(c, ports));
  addRoutes(app);
  const document = openApiOf(ports.service, app);
  app.get('/openapi.json', (c) => c.json(document));
  refuseOtherMethods(app);

  app.notFound(notFound(ports.service));
  app.onError((error, c) => answerToError(error, c, ports.log));
  return app;
}

function answerToError(error: Error, c: ServiceContext, log: Log): Response {
  // Cut off in mid-body: nobody reads the answer, and nothing has failed here.
  if (c.req.raw.signal.aborted) return problem(c, 400, 'The body ended before its length.');
  const refused = error instanceof RejectedDataError ? error.reason : null;
  log(refused === null ? 'error' : 'warn', refused === null ? 'unexpected error' : 'data refused', {
    requestId: c.var.caller.requestId,
    method: c.req.method,
    path: c.req.path,
    error: error.stack ?? error.message,
  });
  if (refused === 'invalid') return problem(c, 422, 'A value in the request is one that cannot be kept.');
  if (refused === 'conflict') return problem(c, 409, 'The request contradicts what is there. Read it again.');
  if (error instanceof UnavailableError) {
    const detail = 'The service lacks something that it depends on. Try again shortly.';
    return problem(c, 503, detail, { headers: { 'retry-after': '2' } });
  }
  return problem(c, 500, 'The service failed on this call. Its log has the cause under the request id.');
}

/** Whether a call would find all that it needs; 503 names what is away. */
async function ready(c: ServiceContext, ports: AppPorts): Promise<Response> {
  if (ports.isStopping()) return problem(c, 503, 'The service is stopping. Another task answers.');
  const results = await Promise.all(
    Object.entries(ports.checks).map(async ([name, check]) => {
      const isWell = await check().then(
        () => true,
        () => false,
      );
      return [name, isWell] as const;
    }),
  );
  const away = results.flatMap(([name, isWell]) => (isWell ? [] : [name]));
  if (away.length > 0) return problem(c, 503, `The service cannot work without: ${away.join(', ')}.`);
  const checks = Object.fromEntries(results.map(([name]) => [name, 'ok']));
  return c.json({ status: 'ok', service: ports.service, checks });
}

type Middleware = (c: ServiceContext, next: () => Promise<void>) => Promise<Response | undefined>;

const readCaller: Middleware = async (c, next) => {
  c.set('caller', callerOf(c.req.raw.headers));
  await next();
  return undefined;
};

/** What fits a path that nothing but the middleware fits. */
const everyPath = '/*';
/** Where the service is asked after itself. */
const platformPaths = new Set(['/health', '/ready', '/openapi.json']);

/** What services say to each other is nothing for callers of a gateway, whatever their decision is. */
function hideInternal(service: string): Middleware {
  return async (c, next) => {
    if (cameThroughGateway(c.req.raw.headers) && isInternalPath(c.req.path)) return notFound(service)(c);
    await next();
    return undefined;
  };
}

const notFound = (service: string) => (c: ServiceContext) =>
  problem(c, 404, `${c.req.path} is not a resource of the ${service} service.`);

/** A span for each request but those that ask after the service itself. */
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

/** One line per request. The query is left out: it may hold what people search for. */
function logRequest(ports: AppPorts): Middleware {
  return async (c, next) => {
    const start = ports.monotonicMs();
    await next();
    // A kept connection would bring further requests to a process that is going away.
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

/** Headers that somebody here reads. */
const readHeaders: readonly string[] = [
  ...Object.values(requestHeaders),
  'content-encoding',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-none-match',
];

/**
 * The one place that refuses control characters and ill-formed escapes in paths, queries and headers, before anything
 * is done with them. Those in bodies are `readBody`'s.
 */
const refuseMalformed: Middleware = async (c, next) => {
  const { url } = c.req;
  const target = url.slice(url.indexOf('/', url.indexOf('://') + 3));
  if (decodeTarget(target) === null) {
    return problem(
      c,
      400,
      'The path or the query holds a control character, or an escape that is not UTF-8.',
    );
  }
  const faulty = readHeaders.find((name) => textFault(c.req.header(name) ?? '', 'prose') !== null);
  if (faulty !== undefined) return problem(c, 400, `The header ${faulty} holds a control character.`);
  await next();
  return undefined;
};

/** Reads have no body worth looking at. */
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
 * The gateway has verified a signature over the digest of the body, but never sees the body: this is where the two are
 * compared, before anything is done with it. No digest means no signature.
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

/** A path that is known under another method is a 405 that names the methods, not a 404. */
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
      problem(c, 405, `${c.req.method} is not possible here. Use ${allow}.`, { headers: { allow } }),
    );
  }
}
