import { describe, expect, test } from 'vitest';
import { internalHeaderPrefixes } from '../../../runtime/contracts/gateway-contract.ts';
import { noTracing } from '../tracing/tracing.ts';
import { createApp } from './app.ts';
import { isInternalPath } from './internal-paths.ts';

const spellings = [
  '/internal/payments/o1',
  '/internal',
  '/internal/',
  '//internal/payments/o1',
  '/./internal/payments/o1',
  '/api/../internal/payments/o1',
  '/api/%2e%2e/internal/payments/o1',
  '/api/..%2finternal/payments/o1',
  '/api%2f..%2finternal/payments/o1',
  '/api/..;/internal/payments/o1',
  '/%69nternal/payments/o1',
  '/%2569nternal/payments/o1',
  '/internal%2Fpayments/o1',
  '/internal;a=b/payments/o1',
  '/INTERNAL/payments/o1',
  '/%49nternal/payments/o1',
  '/\\internal/payments/o1',
  '/%5cinternal/payments/o1',
  '/internal%20/payments/o1',
  '/%C3%A9/../internal',
];

test.each(spellings)('finds that %j is below /internal', (path) => {
  expect(isInternalPath(path)).toBe(true);
});

test.each(['/', '/api/internal', '/internals', '/api/orders/internal', '/internal-x/a', '/%C3%A9internal'])(
  'finds that %j is not below /internal',
  (path) => {
    expect(isInternalPath(path)).toBe(false);
  },
);

describe('a path below /internal', () => {
  const app = createApp(
    {
      service: 'payment',
      log: () => undefined,
      tracing: noTracing,
      monotonicMs: () => 0,
      onAnswered: () => undefined,
      isStopping: () => false,
      checks: {},
    },
    (routes) => routes.all('/internal/*', (c) => c.text('money')),
  );
  const statusOf = async (path: string, headers: Record<string, string> = {}) =>
    (await app.request(path, { headers })).status;

  test('serves another service', async () => {
    expect(await statusOf('/internal/payments/o1')).toBe(200);
    expect(await statusOf('/internal/payments/o1', { 'x-request-id': 'r-1', traceparent: '00-1-2-00' })).toBe(
      200,
    );
  });

  test.each(internalHeaderPrefixes)(
    'answers 404 to a request with a gateway header that starts with %s',
    async (prefix) => {
      for (const path of spellings) expect(await statusOf(path, { [`${prefix}id`]: '-' })).toBe(404);
    },
  );
});
