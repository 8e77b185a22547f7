import { createLog } from '../../../runtime/logging/log.ts';
import { createAggregator } from '../aggregator.ts';
import type { Compositions, Part, PartsComposition, RouteComposition } from '../contract.ts';
import type {
  CachedPart,
  PartCache,
  SharedPartResult,
  Upstream,
  UpstreamAnswer,
  UpstreamCall,
  UpstreamFailure,
} from '../ports.ts';

/** A cache that returns and keeps nothing, as with an unavailable limit store. */
export const emptyCache: PartCache = {
  read: () => Promise.resolve(undefined),
  write: () => Promise.resolve(),
  lease: () => Promise.resolve(true),
  watch: () => Promise.resolve({ cached: undefined, ended: undefined }),
  end: () => Promise.resolve(),
};

/** A cache in a map, whose ages a test sets. */
export function memoryCache(entries = new Map<string, CachedPart>(), leased = new Set<string>()) {
  const ends = new Map<string, SharedPartResult>();
  const cache: PartCache = {
    read: (key) => Promise.resolve(entries.get(key)),
    write: (key, body) => {
      entries.set(key, { body, ageSeconds: 0, isFresh: true });
      leased.delete(key);
      return Promise.resolve();
    },
    lease: (key) => {
      if (leased.has(key)) return Promise.resolve(false);
      leased.add(key);
      return Promise.resolve(true);
    },
    watch: (key) => {
      const end = ends.get(key);
      const ended = end === undefined ? undefined : { end, ageMilliseconds: 0 };
      return Promise.resolve({ cached: entries.get(key), ended });
    },
    end: (key, end, drops) => {
      leased.delete(key);
      if (drops) entries.delete(key);
      ends.set(key, end);
      return Promise.resolve();
    },
  };
  return { cache, entries, leased, ends };
}

export const answered = (
  value: unknown,
  status = 200,
  headers: Record<string, string> = {},
): UpstreamAnswer => ({
  kind: 'answer',
  status,
  headers: { 'content-type': 'application/json', ...headers },
  cookies: [],
  body: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
});

export const failed = (reason: UpstreamFailure['reason']): UpstreamFailure => ({ kind: 'failed', reason });

export const partOf = (name: string, part: Partial<Part> = {}): Part => ({
  name,
  service: name,
  isExternal: false,
  method: 'GET',
  path: `/${name}`,
  after: [],
  required: false,
  onDemand: false,
  timeoutSeconds: 1,
  retries: 0,
  fallback: { kind: 'empty' },
  mapping: [],
  at: name,
  fields: [],
  maxBytes: 100_000,
  ...part,
});

export const compositionOf = (
  parts: readonly Part[],
  more: Partial<PartsComposition> = {},
): PartsComposition => ({
  kind: 'merge',
  service: 'page',
  timeoutSeconds: 10,
  inputs: { 'path.id': { pattern: '[a-z0-9-]+' } },
  variants: {},
  parts,
  ...more,
});

const routeKey = 'GET /page/{id}';

/** An aggregator for one route, and every request that its services received. */
export function aggregatorFor(
  composition: RouteComposition,
  respond: (
    call: UpstreamCall,
  ) => UpstreamAnswer | UpstreamFailure | Promise<UpstreamAnswer | UpstreamFailure>,
  cache: PartCache = emptyCache,
) {
  const calls: UpstreamCall[] = [];
  const lines: string[] = [];
  const upstream: Upstream = {
    call: async (call) => {
      calls.push(call);
      return respond(call);
    },
  };
  const compositions: Compositions = { routes: { [routeKey]: composition }, externals: {} };
  let milliseconds = 0;
  const aggregate = createAggregator({
    compositions,
    upstream,
    cache,
    now: () => milliseconds,
    wait: (ms) => {
      milliseconds += ms;
      return Promise.resolve();
    },
    random: () => 0.5,
    log: createLog((line) => lines.push(line)),
  });
  return { aggregate, calls, lines };
}

/** The event of a call of `ada`, who is signed in. */
export const eventOf = (
  event: Record<string, unknown> = {},
  decision: Record<string, string> = {},
): Record<string, unknown> => ({
  version: '2.0',
  routeKey,
  rawPath: '/page/p-1',
  rawQueryString: '',
  headers: {},
  pathParameters: { id: 'p-1' },
  requestContext: {
    requestId: 'r-1',
    http: { method: 'GET' },
    authorizer: {
      lambda: {
        decision: 'allow',
        service: 'page',
        userId: 'ada',
        cacheControl: 'private, no-store',
        ...decision,
      },
    },
  },
  ...event,
});
