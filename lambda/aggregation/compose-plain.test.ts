import { describe, expect, test } from 'vitest';
import type { HttpResponse } from '../../runtime/http/lambda-http.ts';
import {
  aggregatorFor,
  answered,
  compositionOf,
  eventOf,
  failed,
  partOf,
} from './testing/composition-fixtures.ts';

const json = (answer: HttpResponse) => JSON.parse(answer.body) as Record<string, unknown>;
const page = (...parts: Parameters<typeof compositionOf>) => compositionOf(...parts);

describe('a composition of kind plain', () => {
  const plain = page(
    [
      partOf('order', {
        required: true,
        method: 'POST',
        path: '/v2/orders',
        send: [{ rename: { 'lines.sku': 'productId' } }, { rename: { lines: 'items' } }],
        mapping: [{ remove: ['userId'] }, { rename: { items: 'lines' } }],
      }),
    ],
    { kind: 'plain', inputs: {} },
  );
  const body = JSON.stringify({ lines: [{ sku: 'a' }] });

  test('maps the request and the answer, and keeps the status', async () => {
    const { aggregate, calls } = aggregatorFor(plain, (call) =>
      answered({ userId: 'ada', ...(JSON.parse(Buffer.from(call.body ?? []).toString()) as object) }, 201, {
        location: '/v2/orders/1',
        etag: '"old shape"',
      }),
    );
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'k-1' };
    const answer = await aggregate(eventOf({ body, headers }));
    expect(answer.statusCode).toBe(201);
    expect(json(answer)).toEqual({ lines: [{ productId: 'a' }] });
    expect(answer.headers['location']).toBe('/v2/orders/1');
    expect(answer.headers).not.toHaveProperty('etag');
    expect(calls[0]).toMatchObject({ method: 'POST', headers });
  });

  test.each([
    ['nothing', ''],
    ['no JSON', 'text that is not JSON'],
    ['JSON too deep to be walked', '['.repeat(20_000) + ']'.repeat(20_000)],
  ])('answers 400 to %s and calls no service', async (_, text) => {
    const { aggregate, calls } = aggregatorFor(plain, () => answered({}));
    expect((await aggregate(eventOf({ body: text }))).statusCode).toBe(400);
    expect(calls).toEqual([]);
  });

  test('passes a refusal on, and reports a failure', async () => {
    const refused = aggregatorFor(plain, () => answered({ title: 'No' }, 422));
    expect((await refused.aggregate(eventOf({ body }))).statusCode).toBe(422);
    const broken = aggregatorFor(plain, () => failed('timeout'));
    expect((await broken.aggregate(eventOf({ body }))).statusCode).toBe(504);
  });
});
