import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refusalResponses } from '../../runtime/contracts/refusals.ts';
import { type HostileOutcome, hostileQueries, hostileSegments } from '../support/hostile-targets.ts';
import { type RequestLayers, startRequestLayers } from '../support/request-layers.ts';

let layers: RequestLayers;
beforeAll(async () => {
  layers = await startRequestLayers();
});
afterAll(async () => await layers.close());

const expected = (outcome: HostileOutcome) => {
  if (typeof outcome === 'object') return { status: 200, body: outcome };
  return { status: outcome === 'malformed' ? 400 : 404, body: expect.anything() as unknown };
};

describe.each([
  ['its own path', '/api/items/'],
  ['a rewritten path', '/api/moved/'],
  ['an external service', '/api/carrier/'],
])('a route with %s', (_, prefix) => {
  test.each(hostileSegments)(
    'gives the segment %j one interpretation or refuses it',
    async (segment, outcome) => {
      const noticesBefore = layers.notices.length;
      const { status, body } = await layers.read(prefix + segment);
      // The first layer refuses an invalid HTTP target without a body.
      expect({ status, body: body ?? {} }).toEqual(expected(outcome));
      expect(layers.notices.slice(noticesBefore)).toEqual([]);
    },
  );
});

describe('a route with several segments', () => {
  test.each([
    ['a', { rest: 'a' }],
    ['a/b%20c/d', { rest: 'a/b c/d' }],
    ['a/b/', { rest: 'a/b/' }],
    ['a%2541/%C3%A9', { rest: 'a%41/\u00e9' }],
    ['a/../b', undefined],
    ['../../internal', undefined],
    ['a/%2e%2e/b', undefined],
    ['a/..;/b', undefined],
    ['a//b', undefined],
    ['/a', undefined],
    ['a%2Fb', undefined],
    ['a%5Cb', undefined],
    ['a%3Fb', undefined],
    ['a/%00', undefined],
    ['a/%ff', undefined],
  ])('gives the segments %j one interpretation or refuses them', async (rest, body) => {
    for (const prefix of ['/api/files/', '/api/moved-files/']) {
      const answer = await layers.read(prefix + rest);
      expect(body === undefined ? answer.status : answer).toEqual(
        body === undefined ? 400 : { status: 200, body },
      );
    }
  });
});

describe('a query', () => {
  const parametersOf = (query: string) => {
    const parameters = new URLSearchParams(query);
    const names = [...new Set(parameters.keys())].filter((name) => name !== '');
    return Object.fromEntries(names.map((name) => [name, parameters.getAll(name)]));
  };

  test.each(hostileQueries)('of %j has one interpretation or is refused', async (query, isTaken) => {
    const { status, body } = await layers.read(`/api/items?${query}`);
    expect({ status, body }).toEqual(
      isTaken
        ? { status: 200, body: { query: parametersOf(query) } }
        : { status: 400, body: refusalResponses.malformed.body },
    );
  });

  test('is refused if it repeats the parameter that selects the service', async () => {
    expect((await layers.read('/api/chosen?of=shop')).body).toEqual({ of: 'shop' });
    for (const query of ['of=shop&of=other', 'of=other&of=shop', 'of=other&%6ff=shop', 'of=a&of=a']) {
      expect((await layers.read(`/api/chosen?${query}`)).status).toBe(400);
    }
    expect((await layers.read('/api/chosen?if=a&if=b')).status).toBe(200);
  });
});

describe('a header', () => {
  test.each([
    ['Idempotency-Key: caf\u00c3\u00a9', 400],
    ['If-Match: "\u00e9"', 400],
    ['Signature-Input: \u00ff', 400],
    ['User-Agent: caf\u00c3\u00a9', 200],
    ['Cookie: name=caf\u00c3\u00a9', 200],
    ['X-Anything: a\tb', 200],
    ['Cookie: a=\u007f', 400],
  ])('%j is answered with %i', async (line, status) => {
    expect((await layers.read('/api/items', `${line}\r\n`)).status).toBe(status);
  });
});

const units =
  String.raw`a b c - 7 . ~ ; + : @ = & % %C3%A9 %c3 %20 %25 %2e %2F %5c %3f %23 %00 25 2f %e2%81%84 .. / \ ? #`.split(
    ' ',
  );
const unit = fc.constantFrom(...units, '\u00e9');

test('the service reads exactly the parameters that the authorizer checked, in every admitted request', async () => {
  let reached = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('/api/items/', '/api/moved/', '/api/carrier/', '/api/files/', '/api/moved-files/'),
      fc.array(unit, { minLength: 1, maxLength: 6 }),
      async (prefix, sent) => {
        const { status, body } = await layers.read(prefix + sent.join(''));
        expect([200, 400, 404]).toContain(status);
        if (status !== 200 || sent.includes('?')) return;
        reached += 1;
        expect(body).toEqual(layers.judged());
      },
    ),
    { numRuns: 150 },
  );
  // Enough requests reach the service.
  expect(reached).toBeGreaterThan(10);
});
