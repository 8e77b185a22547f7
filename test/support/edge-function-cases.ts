import type { EdgeCall } from './edge-function-engines.ts';

/** Expected result of a call: the forwarded request, or the function's answer. */
export interface EdgeExpectation {
  readonly uri?: string;
  /** All headers of the forwarded request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Status of the answer. Absent if the request is forwarded. */
  readonly status?: number;
  readonly gatewayResponseHeaders?: Readonly<Record<string, string>>;
  readonly detail?: string;
}

export interface EdgeCase {
  readonly name: string;
  readonly call: EdgeCall;
  readonly expected: EdgeExpectation;
}

const origin = 'https://www.store.example';

/** Headers of every answer of the function. */
const refusalHeaders = {
  'content-type': 'application/problem+json',
  'cache-control': 'no-store',
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'retry-after',
};

const headerCases: EdgeCase[] = [
  {
    name: 'strips headers of the gateway',
    call: {
      uri: '/api/orders',
      headers: {
        'x-gw-decision': 'allow',
        'x-gw-origin-secret': 'guess',
        'x-gw-viewer-address': '10.0.0.1',
        'x-user-id': 'root',
        'x-client-id': 'acme',
        'x-plan': 'enterprise',
        'x-planet': 'earth',
        authorization: 'Bearer abc',
        'x-amzn-trace-id': 'Root=1-67891233-abcdef012345678912345678;Sampled=1',
        traceparent: '00-67891233abcdef012345678912345678-53995c3f42cd8ad8-01',
        'x-forwarded-for': '10.0.0.1',
      },
    },
    expected: {
      headers: {
        authorization: 'Bearer abc',
        traceparent: '00-67891233abcdef012345678912345678-53995c3f42cd8ad8-01',
        'x-forwarded-for': '10.0.0.1',
        'x-gw-viewer-address': '198.51.100.7',
        'x-gw-target': '/api/orders',
      },
    },
  },
  {
    name: 'says what the viewer asked for, whatever becomes of the path',
    call: {
      uri: '/products/a%2Fb',
      headers: { host: 'api.store.example', 'x-api-version': '1', 'x-gw-target': 'forged/path' },
    },
    expected: {
      uri: '/v1/products/a%2Fb',
      headers: {
        host: 'api.store.example',
        'x-api-version': '1',
        'x-gw-viewer-address': '198.51.100.7',
        'x-gw-target': 'api.store.example/products/a%2Fb',
      },
    },
  },
];

const versionCases: EdgeCase[] = (
  [
    ['/products/p1', undefined, '/v2/products/p1'],
    ['/products/p1', '1', '/v1/products/p1'],
    ['/products/p1', 'v1', '/v1/products/p1'],
    ['/products/p1', 'V2', '/v2/products/p1'],
    ['/products', '1', '/v1/products'],
    ['/products/a%2Fb/c', '1', '/v1/products/a%2Fb/c'],
    ['/v1/products/p1', '2', '/v1/products/p1'],
    ['/api/products/p1', '1', '/api/products/p1'],
    ['/productsold/p1', '9', '/productsold/p1'],
    ['/constructor/p1', '1', '/constructor/p1'],
    ['/', '1', '/'],
  ] as const
).map(([uri, version, expected]) => ({
  name: `turns ${uri} with version ${version} into ${expected}`,
  call: { uri, headers: version === undefined ? {} : { 'x-api-version': version } },
  expected: { uri: expected },
}));

const unknownVersionCases: EdgeCase[] = ['3', '', 'latest', '1.0', '01', '1, 2'].map((version) => ({
  name: `refuses version "${version}" and names those that exist`,
  call: { uri: '/products/p1', headers: { 'x-api-version': version, origin } },
  expected: {
    status: 400,
    gatewayResponseHeaders: refusalHeaders,
    detail: 'X-API-Version names no version of /products. Known: 1, 2.',
  },
}));

const block = { until: 0, reason: 'x' };
/** Instants that are in the past or the future in every run. */
const past = 1_000_000_000;
const future = 4_000_000_000;

const blockCases: EdgeCase[] = (
  [
    ['198.51.100.7', { 'block/198.51.100.7': block }, 403],
    ['198.51.100.7', { 'block/198.51.100.0/24': block }, 403],
    ['198.51.101.7', { 'block/198.51.100.0/24': block }, undefined],
    ['198.51.100.70', { 'block/198.51.100.7': block }, undefined],
    ['2001:db8:0:1::7', { 'block/2001:db8:0:1:0:0:0:7': block }, 403],
    ['2001:0DB8:0000:0001:0000:0000:0000:0007', { 'block/2001:db8:0:1:0:0:0:7': block }, 403],
    ['2001:db8:0:1:ffff::', { 'block/2001:db8:0:1::/64': block }, 403],
    ['2001:db8:0:2::7', { 'block/2001:db8:0:1::/64': block }, undefined],
    ['::1', { 'block/0:0:0:0:0:0:0:1': block }, 403],
    ['::ffff:198.51.100.7', { 'block/198.51.100.7': block }, 403],
    ['::FFFF:198.51.100.8', { 'block/198.51.100.0/24': block }, 403],
    ['198.51.100.7', { 'block/198.51.100.7': { ...block, until: future } }, 403],
    ['198.51.100.7', { 'block/198.51.100.7': { ...block, until: past } }, undefined],
    ['198.51.100.7', { 'block/198.51.100.7': null }, undefined],
    [
      '198.51.100.7',
      { 'block/198.51.100.7': block, kill: [{ path: '/', until: 0, retryAfterSeconds: 1 }] },
      403,
    ],
  ] as const
).map(([ip, stored, status]) => ({
  name: `answers address ${ip} with ${JSON.stringify(stored)} by ${status ?? 'passing it on'}`,
  call: { uri: '/api/orders', stored, ip },
  expected:
    status === undefined ? { uri: '/api/orders' } : { status, gatewayResponseHeaders: refusalHeaders },
}));

const kill = (path: string, until = 0) => ({ kill: [{ path, until, retryAfterSeconds: 120 }] });

const killCases: EdgeCase[] = (
  [
    ['/api/orders', kill('/api/orders'), true],
    ['/api/orders/o1', kill('/api/orders'), true],
    ['/api/%6frders/o1', kill('/api/orders'), true],
    ['/api/orders-old', kill('/api/orders'), false],
    ['/api/orders', kill('/api/orders', past), false],
    ['/api/orders', kill('/'), true],
    ['/', kill('/'), true],
    ['/products/p1', kill('/v2/products'), true],
    ['/products/p1', kill('/products'), true],
    ['/products/p1', kill('/v1/products'), false],
    ['/%zz', kill('/api'), false],
    ['/api/%6frders/%zz', kill('/api/orders'), true],
    ['/%61pi/orders/100%', kill('/api/orders'), true],
    ['/%61%70%69/orders/%ff', kill('/api/orders'), true],
    ['/api%2forders/%C3', kill('/api/orders'), true],
    ['/api/%6frders%ff', kill('/api/orders'), false],
    ['/api/%63af%C3%A9/%E0', kill('/api/caf\u00e9'), true],
    ['/api/caf%C3%A9', kill('/api/caf%c3%a9'), true],
    ['/api/%256frders', kill('/api/orders'), false],
    ['//api//orders', kill('/api/orders'), true],
    ['/x/%2e%2e/api/./orders/7', kill('/api/orders'), true],
    ['/api/orders/../products', kill('/api/products'), true],
    ['/api/orders', { kill: 'nonsense' }, false],
    ['/api/orders', { kill: [] }, false],
  ] as const
).map(([uri, stored, isRefused]) => ({
  name: `${isRefused ? 'switches off' : 'passes'} ${uri} with ${JSON.stringify(stored)}`,
  call: { uri, stored },
  expected: isRefused
    ? {
        status: 503,
        gatewayResponseHeaders: { ...refusalHeaders, 'retry-after': '120' },
        detail: 'This part of the shop is switched off for now. Retry after the time in Retry-After.',
      }
    : {},
}));

const maintenanceCase: EdgeCase = {
  name: 'says that the shop is down for maintenance',
  call: {
    uri: '/partner/products',
    stored: { kill: [{ path: '/partner', retryAfterSeconds: 120, until: 0, maintenance: true }] },
  },
  expected: {
    status: 503,
    gatewayResponseHeaders: { ...refusalHeaders, 'retry-after': '120' },
    detail: 'The shop is down for maintenance. Retry after the time in Retry-After.',
  },
};

const preflight = { origin, 'access-control-request-method': 'POST' };

const preflightCases: EdgeCase[] = [
  {
    name: 'passes a preflight of a path that is switched off, so that the page can read the refusal of its call',
    call: { uri: '/api/orders', method: 'OPTIONS', headers: preflight, stored: kill('/') },
    expected: { uri: '/api/orders' },
  },
  {
    name: 'passes a preflight of an address that is blocked',
    call: {
      uri: '/api/orders',
      method: 'OPTIONS',
      headers: preflight,
      stored: { 'block/198.51.100.7': block },
    },
    expected: { uri: '/api/orders' },
  },
  {
    name: 'refuses OPTIONS without preflight headers on a path that is switched off',
    call: { uri: '/api/orders', method: 'OPTIONS', headers: { origin }, stored: kill('/') },
    expected: { status: 503 },
  },
];

/** Calls of the viewer-request function and their results, for every environment and engine. */
export const edgeFunctionCases: readonly EdgeCase[] = [
  ...headerCases,
  ...versionCases,
  ...unknownVersionCases,
  ...blockCases,
  ...killCases,
  maintenanceCase,
  ...preflightCases,
];
