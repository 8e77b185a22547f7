import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { createMemoryIdempotencyStore, runOnce } from './idempotency.ts';
import type { ServiceEnv } from './service-app.ts';

/** Counts how often the write really runs; `gate` holds it back. */
function counter(options: { readonly gate?: Promise<void>; readonly failures?: number } = {}) {
  let nowMs = 0;
  let runs = 0;
  const store = createMemoryIdempotencyStore(() => nowMs);
  const app = new Hono<ServiceEnv>();
  app.onError((_, c) => c.text('failed', 500));
  app.post('/things', async (c) => {
    const owner = c.req.header('x-owner') ?? '';
    return runOnce(c, store, owner, await c.req.text(), async () => {
      runs += 1;
      await options.gate;
      if (runs <= (options.failures ?? 0)) throw new Error('broken');
      return c.json({ run: runs }, 201, { location: `/things/${runs}` });
    });
  });
  const post = (body: string, key: string | null, owner = 'alice') =>
    app.request('/things', {
      method: 'POST',
      body,
      headers: { 'x-owner': owner, ...(key === null ? {} : { 'idempotency-key': key }) },
    });
  return {
    post,
    runs: () => runs,
    advance: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('once', () => {
  test('a repetition gets the first answer, headers and all', async () => {
    const { post, runs } = counter();
    const first = await post('a', 'k');
    const second = await post('a', 'k');
    expect(second.status).toBe(201);
    expect(second.headers.get('location')).toBe('/things/1');
    expect(await second.text()).toBe(await first.text());
    expect(runs()).toBe(1);
  });

  test('without the header every call runs', async () => {
    const { post, runs } = counter();
    await post('a', null);
    await post('a', null);
    expect(runs()).toBe(2);
  });

  test('another request under the same key is a 422', async () => {
    const { post, runs } = counter();
    await post('a', 'k');
    expect((await post('b', 'k')).status).toBe(422);
    expect(runs()).toBe(1);
  });

  test('two owners may choose the same key', async () => {
    const { post, runs } = counter();
    await post('a', 'k', 'alice');
    await post('a', 'k', 'bob');
    expect(runs()).toBe(2);
  });

  test('while the first is at work a second is a 409 with Retry-After', async () => {
    const { promise: gate, resolve: open } = withResolvers();
    const { post, runs } = counter({ gate });
    const first = post('a', 'k');
    const second = await post('a', 'k');
    expect(second.status).toBe(409);
    expect(second.headers.get('retry-after')).toBe('1');
    open();
    expect((await first).status).toBe(201);
    expect((await post('a', 'k')).status).toBe(201);
    expect(runs()).toBe(1);
  });

  test('a failed call may be tried again under its key', async () => {
    const { post, runs } = counter({ failures: 1 });
    expect((await post('a', 'k')).status).toBe(500);
    expect((await post('a', 'k')).status).toBe(201);
    expect(runs()).toBe(2);
  });

  test('a key is forgotten after a day', async () => {
    const { post, runs, advance } = counter();
    await post('a', 'k');
    advance(24 * 60 * 60 * 1000 - 1);
    await post('a', 'k');
    expect(runs()).toBe(1);
    advance(1);
    await post('a', 'k');
    expect(runs()).toBe(2);
  });

  test.each(['', 'x'.repeat(256)])('a key of another length is a 400', async (key) => {
    expect((await counter().post('a', key)).status).toBe(400);
  });
});

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
