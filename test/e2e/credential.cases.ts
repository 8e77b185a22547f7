import { type KeyObject, randomUUID } from 'node:crypto';
import { describe, expect, type TestContext, test } from 'vitest';
import { createApiKey } from '../../lambda/auth/identity/api-key.ts';
import { signMessage } from '../../lambda/auth/signature/sign-message.ts';
import { requestHeaders } from '../../runtime/contracts/gateway-contract.ts';
import { writeContentDigest } from '../../runtime/http/content-digest.ts';
import { type Answer, type Call, send } from './client.ts';
import { registerApiKey, registerSigner } from './clients.ts';
import { bearer, type Running, skip, uniqueUser } from './running.ts';
import type { LocalControl } from './target.ts';

const json = ['Content-Type', 'application/json'] as const;
const past = { N: '1' };

/** Credentials other than tokens: API keys and signed requests. */
export function credentialCases(running: () => Running): void {
  const call = (path: string, options: Call = {}): Promise<Answer> =>
    send(running().target.url, path, options);
  const localOf = (context: TestContext): LocalControl => {
    const { local } = running().target;
    return local ?? skip(context, 'This test registers clients, which needs a local run.');
  };

  describe('an API key', () => {
    const read = (key: string, more: Call = {}) =>
      call('/api/inventory/pico-4', { ...more, headers: [['X-API-Key', key], ...(more.headers ?? [])] });

    test('admits its client with the plan and limits of the client', async (context) => {
      const { key } = await registerApiKey(localOf(context), { permissions: ['inventory:*'], plan: 'basic' });
      const answer = await read(key);
      expect(answer.status).toBe(200);
      expect(answer.header('x-quota-limit')).toBe('100000');
      expect(answer.header('x-ratelimit-remaining')).toBe('4');
    });

    test('identifies the client to the service and is not forwarded', async (context) => {
      const { key } = await registerApiKey(localOf(context), { permissions: ['inventory:*'] });
      const reserved = await call('/api/inventory/pico-4/reservations', {
        method: 'POST',
        headers: [['X-API-Key', key], json],
        body: '{"quantity":1}',
      });
      // A reservation belongs to a user or a client, so the service received the client's id.
      expect(reserved.status).toBe(201);
      expect(reserved.body.toString()).not.toContain(key);
    });

    test('is refused with 403 without the permission', async (context) => {
      const { key } = await registerApiKey(localOf(context), { permissions: ['orders:*'] });
      expect((await read(key)).status).toBe(403);
    });

    test('is refused with 403 from an address that is not allowed, and for a suspended client', async (context) => {
      const permissions = ['inventory:*'];
      const elsewhere = await registerApiKey(localOf(context), {
        permissions,
        addresses: ['203.0.113.0/24'],
      });
      const suspended = await registerApiKey(localOf(context), {
        permissions,
        client: { suspended: { BOOL: true } },
      });
      expect((await read(elsewhere.key)).status).toBe(403);
      expect((await read(suspended.key)).status).toBe(403);
    });

    test('is refused with 401 and a challenge if it is unknown, mistyped, expired or has another secret', async (context) => {
      const local = localOf(context);
      const permissions = ['inventory:*'];
      const { key } = await registerApiKey(local, { permissions });
      const [, , id = ''] = key.split('_');
      const random = (count: number) => Buffer.alloc(count, randomUUID());
      const refused = [
        createApiKey('local', random).text,
        createApiKey('local', random, id).text,
        createApiKey('prod', random, id).text,
        `${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`,
        (await registerApiKey(local, { permissions, key: { expiresAt: past } })).key,
        (await registerApiKey(local, { permissions, client: { expiresAt: past } })).key,
      ];
      for (const text of refused) {
        const answer = await read(text);
        expect(answer.status).toBe(401);
        expect(answer.header('www-authenticate')).toBe('Bearer realm="gatehouse"');
      }
      expect((await read(key)).status).toBe(200);
    });

    test('is refused together with a token', async (context) => {
      const { key } = await registerApiKey(localOf(context), { permissions: ['inventory:*'] });
      const token = await bearer(running().target, { sub: uniqueUser(), permissions: ['inventory:*'] });
      const answer = await read(key, { headers: [token] });
      expect(answer.status).toBe(401);
      expect(answer.header('www-authenticate')).toContain('error="invalid_request"');
    });
  });

  describe('a signed request', () => {
    const path = '/api/inventory/pico-4/deliveries';
    interface Signing {
      readonly keyId: string;
      readonly privateKey: KeyObject;
      readonly body?: string;
      readonly path?: string;
      readonly created?: number;
      readonly components?: readonly string[];
    }
    /** Signs the request as the edge receives it, like a supplier's system. The scheme is always https. */
    const signed = ({ keyId, privateKey, ...part }: Signing): Call['headers'] & object => {
      const digest = writeContentDigest('sha-256', Buffer.from(part.body ?? '{"quantity":1}'));
      const [target = '', query] = (part.path ?? path).split('?');
      const fields = signMessage(
        {
          method: 'POST',
          scheme: 'https',
          authority: new URL(running().target.url).host,
          path: target,
          query,
          headers: { 'content-digest': digest },
        },
        {
          algorithm: 'ed25519',
          key: privateKey,
          components: part.components ?? ['@method', '@target-uri', 'content-digest'],
          parameters: {
            created: part.created ?? Math.floor(Date.now() / 1_000),
            keyid: keyId,
            nonce: randomUUID(),
          },
        },
      );
      return [
        json,
        ['Content-Digest', digest],
        ['Signature-Input', fields['signature-input']],
        ['Signature', fields.signature],
      ];
    };
    const deliver = (headers: Call['headers'] = [], body = '{"quantity":1}', to = path) =>
      call(to, { method: 'POST', headers, body });
    const supplier = (context: TestContext) =>
      registerSigner(localOf(context), { permissions: ['inventory:deliver', 'inventory:read'] });

    test('is admitted once; a repeated nonce is refused', async (context) => {
      const headers = signed(await supplier(context));
      const first = await deliver(headers);
      expect(first.status).toBe(200);
      expect(first.json()).toMatchObject({ productId: 'pico-4' });
      const again = await deliver(headers);
      expect(again.status).toBe(401);
      expect(again.header('www-authenticate')).toBe('Signature realm="gatehouse"');
    });

    test('covers path and query as the client sent them', async (context) => {
      const signer = await supplier(context);
      const to = '/api/inventory/pi%63o-4/deliveries?note=a%20b&note=';
      const components = ['@method', '@authority', '@path', '@query', 'content-digest'];
      expect((await deliver(signed({ ...signer, path: to, components }), undefined, to)).status).toBe(200);
      expect((await deliver(signed({ ...signer, path: to, components }), undefined, `${to}x`)).status).toBe(
        401,
      );
      expect((await deliver(signed(signer), undefined, '/api/inventory/aurora-12/deliveries')).status).toBe(
        401,
      );
    });

    test('has no effect with a body that differs from the signed one', async (context) => {
      const signer = await supplier(context);
      const stock = async () => {
        const identity = await bearer(running().target, {
          sub: uniqueUser(),
          permissions: ['inventory:read'],
        });
        return (await call('/api/inventory/pico-4', { headers: [identity] })).json();
      };
      const before = await stock();
      const tampered = await deliver(signed(signer), '{"quantity":9}');
      expect(tampered.status).toBe(400);
      expect(tampered.json()).toMatchObject({ detail: expect.stringContaining('Content-Digest') as string });
      expect(await stock()).toEqual(before);
      // A digest that matches the new body invalidates the signature.
      const digest = writeContentDigest('sha-256', Buffer.from('{"quantity":9}'));
      const forged = signed(signer).map(([name, value]) =>
        name === 'Content-Digest' ? ([name, digest] as const) : ([name, value] as const),
      );
      expect((await deliver(forged, '{"quantity":9}')).status).toBe(401);
      const claimed = [...signed(signer), [requestHeaders.contentDigest, digest] as const];
      expect((await deliver(claimed, '{"quantity":9}')).status).toBe(400);
      expect(await stock()).toEqual(before);
    });

    test('is refused if it is old, lacks a component or names an unknown key', async (context) => {
      const signer = await supplier(context);
      const refusals = [
        signed({ ...signer, created: Math.floor(Date.now() / 1_000) - 400 }),
        signed({ ...signer, created: Math.floor(Date.now() / 1_000) + 60 }),
        signed({ ...signer, components: ['@method', '@target-uri'] }),
        signed({ ...signer, keyId: 'nobody' }),
      ];
      for (const headers of refusals) expect((await deliver(headers)).status).toBe(401);
    });

    test('is the only credential that the route accepts', async (context) => {
      const local = localOf(context);
      const permissions = ['inventory:deliver'];
      const token = await bearer(running().target, { sub: uniqueUser(), permissions });
      const { key } = await registerApiKey(local, { permissions });
      for (const headers of [[], [token], [['X-API-Key', key] as const]]) {
        expect((await deliver([json, ...headers])).status).toBe(401);
      }
      expect((await deliver([...signed(await supplier(context)), token])).status).toBe(401);
    });

    test('is accepted on other routes, too', async (context) => {
      const signer = await registerSigner(localOf(context), { permissions: ['inventory:write'] });
      const to = '/api/inventory/pico-4/reservations';
      expect((await deliver(signed({ ...signer, path: to }), undefined, to)).status).toBe(201);
    });

    test('is refused with 403 without the permission', async (context) => {
      const signer = await registerSigner(localOf(context), { permissions: ['inventory:read'] });
      expect((await deliver(signed(signer))).status).toBe(403);
    });
  });
}
