import { describe, expect, test } from 'vitest';
import type { Part } from './contract.ts';
import type { UpstreamAnswer, UpstreamFailure } from './ports.ts';
import {
  aggregatorFor,
  answered,
  compositionOf,
  eventOf,
  failed,
  partOf,
} from './testing/composition-fixtures.ts';

const page = compositionOf;

describe('the entity tag of a composed answer', () => {
  const of = (
    respond: () => UpstreamAnswer | UpstreamFailure,
    parts: readonly Part[] = [partOf('a'), partOf('b')],
  ) => {
    const { aggregate } = aggregatorFor(page(parts), respond);
    return (headers: Record<string, string> = {}, method = 'GET') => {
      const event = eventOf({ headers });
      const context = event['requestContext'] as Record<string, unknown>;
      return aggregate({ ...event, requestContext: { ...context, http: { method } } });
    };
  };

  test('is equal for equal members, and differs otherwise', async () => {
    const tagOf = async (value: unknown) => (await of(() => answered(value))()).headers['etag'];
    expect(await tagOf({ n: 1 })).toMatch(/^W\/"[\w-]+"$/);
    expect(await tagOf({ n: 1 })).toBe(await tagOf({ n: 1 }));
    expect(await tagOf({ n: 1 })).not.toBe(await tagOf({ n: 2 }));
  });

  test('answers 304 without a body to a caller that has it, weakly compared', async () => {
    const ask = of(() => answered({ n: 1 }));
    const tag = (await ask()).headers['etag'] ?? '';
    for (const condition of [tag, tag.replace('W/', ''), `"x", ${tag}`, '*']) {
      const answer = await ask({ 'if-none-match': condition });
      expect(answer).toMatchObject({ statusCode: 304, body: '', headers: { etag: tag } });
      expect(answer.headers).toMatchObject({ 'cache-control': 'private, no-store', 'x-request-id': 'r-1' });
    }
  });

  test.each(['"x"', 'W/"x", "y"', '', 'n"', 'W/'])('answers 200 to another tag: %j', async (condition) => {
    expect((await of(() => answered({ n: 1 }))({ 'if-none-match': condition })).statusCode).toBe(200);
  });

  test('is left out of an incomplete answer, which is not a 304 either', async () => {
    const answer = await of(() => failed('connection'))({ 'if-none-match': '*' });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).not.toHaveProperty('etag');
  });

  test('answers HEAD like GET, without the body', async () => {
    const ask = of(() => answered({ n: 1 }));
    const [head, get] = [await ask({}, 'HEAD'), await ask()];
    expect(head).toEqual({ ...get, body: '' });
    expect((await ask({ 'if-none-match': '*' }, 'HEAD')).statusCode).toBe(304);
  });
});

describe('a part at the top level', () => {
  const values = ['[{"id":1}]', '"text"', '7', '1.0', 'true', 'null', ''];

  test.each(values)('that is required and answers %j is a 502 that names it', async (value) => {
    const { aggregate } = aggregatorFor(page([partOf('a', { required: true, at: '' })]), () =>
      answered(value),
    );
    const { statusCode, body } = await aggregate(eventOf());
    expect(statusCode).toBe(502);
    expect(JSON.parse(body)).toMatchObject({ part: 'a', reason: 'not-an-object' });
  });

  test.each(values)('that is optional and answers %j is shown as failed', async (value) => {
    const { aggregate } = aggregatorFor(page([partOf('a', { at: '' }), partOf('b')]), ({ path }) =>
      answered(path === '/a' ? value : { n: 1 }),
    );
    const { statusCode, headers, body } = await aggregate(eventOf());
    expect([statusCode, headers['x-gateway-completed']]).toEqual([200, 'false']);
    expect(JSON.parse(body)).toMatchObject({
      b: { n: 1 },
      meta: { complete: false, parts: { a: { status: 'failed', reason: 'not-an-object' } } },
    });
  });

  test('has the members of an object, including `__proto__`', async () => {
    const { aggregate } = aggregatorFor(page([partOf('a', { at: '' })]), () =>
      answered('{"n":1.0,"__proto__":{"admin":true}}'),
    );
    expect((await aggregate(eventOf())).body).toMatch(/^\{"n":1\.0,"__proto__":\{"admin":true\},"meta":/);
  });
});

describe('numbers', () => {
  const numbers = '[12345678901234567890,1.0,10.00,1e400,0.1000,-0]';

  test('pass a page unchanged', async () => {
    const { aggregate } = aggregatorFor(page([partOf('a')]), () => answered(`{"n":${numbers}}`));
    expect((await aggregate(eventOf())).body).toContain(`{"a":{"n":${numbers}}`);
  });

  test('pass a plain mapping and a forwarded body unchanged', async () => {
    const part = partOf('a', {
      method: 'POST',
      required: true,
      send: [{ rename: { n: 'm' } }],
      mapping: [{ rename: { n: 'o' } }],
    });
    const { aggregate, calls } = aggregatorFor({ ...page([part]), kind: 'plain' }, () =>
      answered(`{"n":${numbers}}`),
    );
    const { body } = await aggregate(eventOf({ body: `{"n":${numbers}}` }));
    expect(Buffer.from(calls[0]?.body ?? []).toString()).toBe(`{"m":${numbers}}`);
    expect(body).toBe(`{"o":${numbers}}`);
  });

  test('are written unchanged into the path of a later part', async () => {
    const { aggregate, calls } = aggregatorFor(
      page([partOf('a'), partOf('b', { path: '/b/{parts.a.id}', after: ['a'] })]),
      () => answered('{"id":12345678901234567890}'),
    );
    await aggregate(eventOf());
    expect(calls.map(({ path }) => path)).toEqual(['/a', '/b/12345678901234567890']);
  });
});
