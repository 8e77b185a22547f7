import { expect, test } from 'vitest';
import { catalogue } from '../catalogue/catalogue.ts';
import { loadCatalogue, loadConfiguration } from '../index.ts';
import type { CatalogueInput } from '../schemas/catalogue.ts';

type RouteInput = CatalogueInput['routes'][string];

const withRoute = (part: Partial<RouteInput>) => () =>
  loadCatalogue({
    ...catalogue,
    routes: {
      ...catalogue.routes,
      'GET /api/tried/{id}': { service: 'product', access: 'anonymous', limit: 'anonymous', ...part },
    },
  });
const cache = { seconds: 60 };

test.each<[Partial<RouteInput>, string]>([
  [{ maxBodyKiB: 5_000 }, 'the payload of a Lambda function is limited to 6 MB'],
  [{ service: 'revocation', maxBodyKiB: 128 }, 'that functions of the gateway accept'],
  [{ rewrite: '/products/{key}' }, 'has the parameter {key}, which the route does not have'],
  [{ rewrite: '/partner/{id}' }, 'begins with /partner/'],
  [{ rewrite: 'products' }, 'Write a path'],
  [{ variants: [{ when: {}, service: 'review' }] }, 'Give at least one condition'],
  [{ variants: [{ when: { host: 'a.example' } }] }, 'must have exactly one target'],
  [
    { variants: [{ when: { host: 'a.example' }, service: 'nobody' }] },
    'names "nobody", which does not exist',
  ],
  [
    { variants: [{ when: { host: 'a.example' }, service: 'carrier' }] },
    "whose integration differs from that of the route's own target",
  ],
  [
    { cache, variants: [{ when: { callersPercent: 10 }, service: 'review' }] },
    'depends on a value that is not in the cache key of the edge',
  ],
  [
    {
      variants: [
        { when: { callersPercent: 60 }, service: 'review' },
        { when: { callersPercent: 50 }, service: 'user' },
      ],
    },
    'add up to 110 percent',
  ],
  [
    { requestHeaders: { set: { 'x-gw-service': 'order' } } },
    'changes "x-gw-service", which is an internal header of the gateway',
  ],
  [{ requestHeaders: { remove: ['authorization'] } }, 'changes "authorization", which API Gateway reserves'],
  [{ requestHeaders: { set: { a: 'b' }, remove: ['a'] } }, 'is both set and removed, or named twice'],
  [{ requestHeaders: { set: { a: '$context.path' } } }, 'without "$"'],
  [{ responseHeaders: { remove: ['retry-after'] } }, 'changes "retry-after", which the gateway sets itself'],
  [
    { deprecated: { since: '2026-11-01', sunset: '2026-10-01', link: 'https://a.example' } },
    'is before `since`',
  ],
  [{ throttle: { requestsPerSecond: 10_000, burst: 10 } }, 'Give at most 9000'],
])('refuses a route with %j', (part, fault) => {
  expect(withRoute(part)).toThrow(fault);
});

test('refuses a rewritten path on a route of a composition, and in the reads of a batch', () => {
  const composed = { service: undefined, composition: 'user-page', access: 'users:read' };
  expect(withRoute({ ...composed, rewrite: '/a' })).toThrow(
    'whose target is not a service behind the load balancer',
  );
  const batch = { ...catalogue.compositions?.['reads'], reads: ['GET /api/opinions/{id}'] };
  expect(() =>
    loadCatalogue({
      ...catalogue,
      compositions: {
        ...catalogue.compositions,
        reads: batch as NonNullable<typeof catalogue.compositions>[string],
      },
    }),
  ).toThrow('"GET /api/opinions/{id}", which is not a GET route of a service, under its own path');
});

test('refuses more integrations than a template can hold, and names the routes in excess', () => {
  const many = Object.fromEntries(
    Array.from({ length: 20 }, (_, index): [string, RouteInput] => [
      `GET /api/tried/${index}`,
      {
        service: 'product',
        access: 'anonymous',
        limit: 'anonymous',
        requestHeaders: { set: { 'x-tried': `${index}` } },
      },
    ]),
  );
  expect(() => loadCatalogue({ ...catalogue, routes: { ...catalogue.routes, ...many } })).toThrow(
    /a template holds 15\. The excess comes from GET \/api\/tried\/\d+/,
  );
});

test('refuses a client certificate of the edge without trust store, and the reverse', () => {
  const { edge } = loadConfiguration('prod').environment;
  const domain = {
    name: 'origin.store.example',
    certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/a',
  };
  const shown = { ...edge, originClientCertificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/b' };
  const asking = { domain: { ...domain, trustStore: { bucket: 'trust', key: 'edge.pem' } } };
  const load = (part: object) => () => loadConfiguration('prod', part);
  expect(load({ edge: shown })).toThrow('is a client certificate that the API domain does not require');
  expect(load({ api: asking })).toThrow('requires a client certificate that the edge does not present');
  expect(load({ edge: shown, api: asking })).not.toThrow();
  expect(load({ api: { domain: { ...domain, certificateArn: 'a' } } })).toThrow(
    'Give the ARN of an ACM certificate',
  );
});
