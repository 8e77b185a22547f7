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
  [{ maxBodyKiB: 5_000 }, 'a function is called with 6 MB'],
  [{ service: 'revocation', maxBodyKiB: 128 }, "the gateway's own functions take"],
  [{ rewrite: '/products/{key}' }, 'has the parameter {key}, which the route has not'],
  [{ rewrite: '/partner/{id}' }, 'begins with /partner/'],
  [{ rewrite: 'products' }, 'Write a path'],
  [{ variants: [{ when: {}, service: 'review' }] }, 'Give at least one condition'],
  [{ variants: [{ when: { host: 'a.example' } }] }, 'has no target, or two'],
  [{ variants: [{ when: { host: 'a.example' }, service: 'nobody' }] }, 'names "nobody", which is not there'],
  [
    { variants: [{ when: { host: 'a.example' }, service: 'carrier' }] },
    "reached by another integration than the route's own target",
  ],
  [
    { cache, variants: [{ when: { callersPercent: 10 }, service: 'review' }] },
    'chooses by what is not in the key of the edge cache',
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
    'changes "x-gw-service", which is of the gateway',
  ],
  [{ requestHeaders: { remove: ['authorization'] } }, 'changes "authorization", which API Gateway reserves'],
  [{ requestHeaders: { set: { a: 'b' }, remove: ['a'] } }, 'is set and removed, or named twice'],
  [{ requestHeaders: { set: { a: '$context.path' } } }, 'without "$"'],
  [{ responseHeaders: { remove: ['retry-after'] } }, 'changes "retry-after", which the gateway sets itself'],
  [
    { deprecated: { since: '2026-11-01', sunset: '2026-10-01', link: 'https://a.example' } },
    'is before `since`',
  ],
  [{ throttle: { requestsPerSecond: 10_000, burst: 10 } }, 'Give at most 9000'],
])('a route with %j is refused', (part, fault) => {
  expect(withRoute(part)).toThrow(fault);
});

test('a composition takes no rewritten path, and a batch no route that has one', () => {
  const composed = { service: undefined, composition: 'user-page', access: 'users:read' };
  expect(withRoute({ ...composed, rewrite: '/a' })).toThrow(
    'that no service behind the load balancer answers',
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
  ).toThrow('"GET /api/opinions/{id}", which is no GET route of one of our services, under its own path');
});

test('more integrations than a template holds are refused, and the first too many is named', () => {
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
    /a template holds 15\. The first too many: GET \/api\/tried\/\d+/,
  );
});

test('edge and API agree on who shows a certificate', () => {
  const { edge } = loadConfiguration('prod').environment;
  const domain = {
    name: 'origin.store.example',
    certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/a',
  };
  const shown = { ...edge, originClientCertificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/b' };
  const asking = { domain: { ...domain, trustStore: { bucket: 'trust', key: 'edge.pem' } } };
  const load = (part: object) => () => loadConfiguration('prod', part);
  expect(load({ edge: shown })).toThrow('shows a certificate that nobody asks for');
  expect(load({ api: asking })).toThrow('asks for a certificate that the edge does not show');
  expect(load({ edge: shown, api: asking })).not.toThrow();
  expect(load({ api: { domain: { ...domain, certificateArn: 'a' } } })).toThrow('Give a certificate of ACM');
});
