import { describe, expect, test } from 'vitest';
import { createCallService } from './service-client.ts';

const call = (send: (request: Request) => Response | Promise<Response>) =>
  createCallService('http://x', send, 20)('GET', '/a');

describe('a call to another service', () => {
  test('returns status and body', async () => {
    expect(await call(() => Response.json({ a: 1 }, { status: 404 }))).toEqual({
      kind: 'answered',
      status: 404,
      body: { a: 1 },
    });
    expect(await call(() => new Response(null, { status: 204 }))).toMatchObject({ body: null });
  });

  test.each([
    ['no answer', () => new Promise<Response>(() => {})],
    ['a response whose body does not end', () => new Response(new ReadableStream({ start() {} }))],
  ])('is unavailable at its deadline after %s', async (_, send) => {
    expect(await call(send)).toEqual({
      kind: 'unavailable',
      reason: 'GET /a failed: DeadlineExceededError: No answer within 20 ms.',
    });
  });

  test('aborts the request at its deadline', async () => {
    let signal: AbortSignal | undefined;
    await call((request) => {
      signal = request.signal;
      return new Promise<Response>(() => {});
    });
    expect(signal?.aborted).toBe(true);
  });

  test.each([
    ['500', () => new Response(null, { status: 500 })],
    ['429', () => new Response(null, { status: 429 })],
    ['a broken connection', () => Promise.reject(new Error('reset'))],
    ['a body that is not JSON', () => new Response('<html>')],
    ['more than a million characters', () => new Response('1'.repeat(1_000_001))],
  ])('is unavailable after %s', async (_, send) => {
    expect((await call(send)).kind).toBe('unavailable');
  });
});
