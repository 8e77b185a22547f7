import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../lib/config/index.ts';
import { type HostileOutcome, hostileSegments } from '../support/hostile-targets.ts';
import { type Call, send, sendBytes, sendWithRetry } from './client.ts';
import { anyAddress, bearer, type Running, skip, unique, uniqueUser } from './running.ts';

const json = ['Content-Type', 'application/json'] as const;
/** Limit of a route without `maxBodyKiB`. */
const maxBodyBytes = 64 * 1024;

/** Requests arrive unchanged, and answers have the security headers that browsers need. */
export function transportCases(running: () => Running): void {
  const call = (path: string, options: Call = {}) => send(running().target.url, path, options);
  const read = (path: string) =>
    sendWithRetry(running().target.url, path, { from: anyAddress(running().target) });
  const self = async (sub = uniqueUser(), email?: string) => ({
    sub,
    identity: await bearer(running().target, {
      sub,
      permissions: ['users:*'],
      ...(email === undefined ? {} : { email }),
    }),
  });

  describe('bodies', () => {
    /** JSON allows white space around a value, so bodies of any length have the same meaning. */
    const profileOf = (bytes: number) => Buffer.from('{"displayName":"Ada"}'.padEnd(bytes));

    test('arrive complete up to 64 KiB', async () => {
      const { sub, identity } = await self();
      const answer = await call(`/api/users/${sub}`, {
        method: 'PUT',
        headers: [json, identity],
        body: profileOf(maxBodyBytes),
      });
      expect(answer.status).toBe(201);
      expect(answer.json()).toMatchObject({ id: sub, displayName: 'Ada' });
    });

    test('are refused with 413 over 64 KiB', async () => {
      const { sub, identity } = await self();
      const answer = await call(`/api/users/${sub}`, {
        method: 'PUT',
        headers: [json, identity],
        body: profileOf(maxBodyBytes + 1),
      });
      expect(answer.status).toBe(413);
    });
  });

  describe('headers', () => {
    test('that repeat arrive with all values', async () => {
      const { sub, identity } = await self();
      const put = (headers: Call['headers'] = []) =>
        call(`/api/users/${sub}`, {
          method: 'PUT',
          headers: [json, identity, ...headers],
          body: JSON.stringify({ displayName: 'Ada' }),
        });
      const etag = (await put()).header('etag') ?? '';
      expect(etag).not.toBe('');
      const [right, wrong] = [['If-Match', etag] as const, ['If-Match', '"another"'] as const];
      // Both orders, because a layer could drop the first or the last value.
      expect((await put([right, wrong])).status).toBe(200);
      expect((await put([wrong, right])).status).toBe(200);
      expect((await put([wrong, wrong])).status).toBe(412);
    });

    test("pass the token's email to the service", async () => {
      const { sub, identity } = await self(uniqueUser(), 'ada@store.example');
      const answer = await call(`/api/users/${sub}`, {
        method: 'PUT',
        headers: [json, identity],
        body: '{"displayName":"Ada"}',
      });
      expect(answer.json()).toMatchObject({ email: 'ada@store.example' });
    });
  });

  describe('paths', () => {
    test.each(['a b', '100%', 'a+b', "o'neil", 'a;b=c', 'a:b@c', 'a%41b'])(
      'keep the encoding of the segment %j',
      async (name) => {
        const { sub, identity } = await self(`${name} ${uniqueUser()}`);
        const answer = await call(`/api/users/${encodeURIComponent(sub)}`, {
          method: 'PUT',
          headers: [json, identity],
          body: '{"displayName":"Ada"}',
        });
        expect(answer.status).toBe(201);
        expect(answer.json()).toMatchObject({ id: sub });
      },
    );
  });

  describe('paths that two layers could interpret differently', () => {
    const answered = (outcome: HostileOutcome) => {
      if (typeof outcome === 'object') {
        return expect.stringContaining(
          JSON.stringify(`Product ${outcome.id} does not exist.`).slice(1, -1),
        ) as unknown;
      }
      return expect.stringMatching(
        outcome === 'malformed' ? /^HTTP\/1\.1 400 / : /^HTTP\/1\.1 (400|404) /,
      ) as unknown;
    };

    test.for(hostileSegments)(
      'the segment %j has one interpretation or is refused',
      async ([segment, outcome], context) => {
        const { hostname: host, port, protocol } = new URL(running().target.url);
        if (protocol !== 'http:') skip(context, 'Sending raw bytes needs a plain HTTP connection.');
        const from = anyAddress(running().target);
        const answer = await sendBytes({ host, port: Number(port), from }, `/api/products/${segment}`);
        expect(answer).toEqual(answered(outcome));
      },
    );
  });

  describe('paths with non-ASCII characters', () => {
    test('arrive unchanged', async () => {
      const answer = await read(`/api/products/${encodeURIComponent('größe')}`);
      expect(answer.status).toBe(404);
      expect(answer.json()).toMatchObject({ detail: 'Product größe does not exist.' });
    });
  });

  describe('query strings', () => {
    const ids = async (query: string) => {
      const { items } = (await read(`/api/products?${query}&${unique()}`)).json() as {
        readonly items: readonly { readonly id: string }[];
      };
      return items.map(({ id }) => id);
    };

    test('keep their encoding', async () => {
      expect(await ids('q=pico%204a')).toEqual(['pico-4a']);
      expect(await ids('q=pico+4a')).toEqual(['pico-4a']);
      // An escaped plus is a literal plus, which no product name contains.
      expect(await ids('q=pico%2B4a')).toEqual([]);
      expect(await ids('q=%70ico%204%61')).toEqual(['pico-4a']);
      expect(await ids('q=pico%26category%3Dbudget')).toEqual([]);
    });

    test('keep repeated parameters and their order', async () => {
      expect(await ids('limit=1&limit=2')).toHaveLength(1);
      expect(await ids('limit=2&limit=1')).toHaveLength(2);
    });
  });

  describe('browsers', () => {
    const listedOrigin = () => loadConfiguration(running().environment).environment.corsOrigins[0] ?? '';
    const preflight = (from: string) =>
      call('/api/orders', {
        method: 'OPTIONS',
        headers: [
          ['Origin', from],
          ['Access-Control-Request-Method', 'POST'],
          ['Access-Control-Request-Headers', 'authorization,content-type'],
        ],
      });

    test('may call from a listed origin and read the rate limit headers', async () => {
      const origin = listedOrigin();
      const allowed = await preflight(origin);
      expect(allowed.status).toBe(204);
      expect(allowed.header('access-control-allow-origin')).toBe(origin);
      expect(allowed.header('access-control-allow-methods')).toContain('POST');
      expect(allowed.header('access-control-allow-headers')?.toLowerCase()).toContain('authorization');
      const answer = await call('/api/orders', {
        headers: [
          ['Origin', origin],
          await bearer(running().target, { sub: uniqueUser(), permissions: ['orders:read'] }),
        ],
      });
      expect(answer.status).toBe(200);
      expect(answer.header('access-control-allow-origin')).toBe(origin);
      expect(answer.header('access-control-expose-headers')?.toLowerCase()).toContain('ratelimit');
    });

    test('may not call from another origin', async () => {
      expect((await preflight('https://evil.example')).header('access-control-allow-origin')).toBeUndefined();
    });

    test('receive security headers with every answer, refusals included', async () => {
      const answers = [await read('/api/products'), await call('/api/orders'), await call('/api/nothing')];
      expect(answers.map(({ status }) => status)).toEqual([200, 401, 404]);
      for (const answer of answers) {
        expect(answer.header('strict-transport-security')).toMatch(/max-age=\d{8}; ?includeSubDomains/i);
        expect(answer.header('x-content-type-options')).toBe('nosniff');
        expect(answer.header('x-frame-options')).toBe('DENY');
        expect(answer.header('referrer-policy')).toMatch(/./);
      }
    });
  });
}
