import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { requestHeaders } from '../../runtime/contracts/gateway-contract.ts';
import type { Answer, Call } from './client.ts';
import { send } from './client.ts';
import { bearer, type Running, skip, uniqueUser } from './running.ts';
import { partner } from './target.ts';

const order = JSON.stringify({ items: [{ productId: 'aurora-12', quantity: 1 }] });
const json = ['Content-Type', 'application/json'] as const;

/** Which callers are admitted, and which identity the services receive. */
export function identityCases(running: () => Running): void {
  const call = (path: string, options: Call = {}): Promise<Answer> =>
    send(running().target.url, path, options);
  const placeOrder = (headers: Call['headers'] = []) =>
    call('/api/orders', { method: 'POST', headers: [json, ...headers], body: order });

  describe('a call without a valid token', () => {
    test.each<[string, Call['headers']]>([
      ['without Authorization', []],
      ['a token that is not a JWT', [['Authorization', 'Bearer nonsense']]],
      ['another scheme', [['Authorization', 'Basic YWxpY2U6c2VjcmV0']]],
    ])('is refused with 401, a challenge and problem details (%s)', async (_, headers) => {
      const answer = await placeOrder(headers);
      expect(answer.status).toBe(401);
      expect(answer.header('www-authenticate')).toMatch(/^Bearer/);
      expect(answer.header('content-type')).toContain('application/json');
      expect(answer.json()).toMatchObject({ title: 'Unauthorized', status: 401 });
      expect(answer.header('x-ratelimit-limit')).toBeUndefined();
      expect(answer.header('cache-control')).toBe('no-store');
    });

    test('is refused if the token was changed after signing', async () => {
      const token = await running().target.token({ sub: uniqueUser(), permissions: ['orders:*'] });
      const [header = '', payload = '', signature = ''] = token.split('.');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
      const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'mallory' })).toString('base64url');
      const answer = await placeOrder([['Authorization', `Bearer ${header}.${forged}.${signature}`]]);
      expect(answer.status).toBe(401);
    });
  });

  describe('a token', () => {
    const readWith = async (token: string) =>
      call('/api/orders', { headers: [['Authorization', `Bearer ${token}`]] });
    const claims = () => ({ sub: uniqueUser(), permissions: ['orders:read'] });

    test.for(['RS256', 'ES256', 'EdDSA'] as const)(
      'signed with %s is accepted',
      async (algorithm, context) => {
        const { local } = running().target;
        if (local === undefined) skip(context, 'Only a local run signs tokens with chosen options.');
        expect((await readWith(await local.tokenWith(claims(), { algorithm }))).status).toBe(200);
      },
    );

    test("is accepted if signed with the partner's secret, refused if signed with another", async (context) => {
      const { local } = running().target;
      if (local === undefined) skip(context, 'Only a local run has a partner that issues tokens.');
      const signed = (secret: string) =>
        new SignJWT({ permissions: ['orders:read'], client_id: partner.clientId })
          .setProtectedHeader({ alg: 'HS256' })
          .setIssuer(partner.issuer)
          .setAudience(partner.audience)
          .setSubject(uniqueUser())
          .setExpirationTime('5m')
          .sign(Buffer.from(secret));
      const secret = await local.partnerSecret();
      expect((await readWith(await signed(secret))).status).toBe(200);
      expect((await readWith(await signed(secret.replace(/^./, '-')))).status).toBe(401);
    });

    test("of a partner is limited to the partner's permissions and users", async (context) => {
      const { local } = running().target;
      if (local === undefined) skip(context, 'Only a local run has a partner that issues tokens.');
      const user = uniqueUser();
      const token = await new SignJWT({
        permissions: ['**'],
        role: 'admin',
        plan: 'enterprise',
        client_id: partner.clientId,
      })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(partner.issuer)
        .setAudience(partner.audience)
        .setSubject(user)
        .setExpirationTime('5m')
        .sign(Buffer.from(await local.partnerSecret()));
      // Two spaces before the token are valid (RFC 6750 section 2.1).
      const identity = ['Authorization', `Bearer  ${token}`] as const;
      const placed = await placeOrder([identity]);
      expect(placed.status).toBe(201);
      expect(placed.json()).toMatchObject({ userId: `${partner.clientId}|${user}` });
      // The partner's `admin` cannot read orders of the shop's user with that name.
      expect((await call(`/api/orders?user=${user}`, { headers: [identity] })).status).toBe(403);
      const inventory = await call('/api/inventory/aurora-12', { headers: [identity] });
      expect(inventory.status).toBe(403);
      expect(inventory.header('www-authenticate')).toContain('error="insufficient_scope"');
    });

    test.for([
      ['has expired', -10, 'error="invalid_token", error_description="The token has expired."'],
      [
        'lives too long',
        31 * 86_400,
        'error="invalid_token", error_description="The token is not accepted."',
      ],
    ] as const)(
      'that %s is refused with a challenge that says why',
      async ([, lifetimeSeconds, challenge], context) => {
        const { local } = running().target;
        if (local === undefined) skip(context, 'Only a local run signs tokens with chosen options.');
        const answer = await readWith(await local.tokenWith(claims(), { lifetimeSeconds }));
        expect(answer.status).toBe(401);
        expect(answer.header('www-authenticate')).toBe(`Bearer realm="gatehouse", ${challenge}`);
      },
    );

    test('is read from the header only, and refused if it is also in the query', async () => {
      const token = await running().target.token(claims());
      expect((await call(`/api/orders?access_token=${token}`)).status).toBe(401);
      const header = ['Authorization', `Bearer ${token}`] as const;
      const twice = await call(`/api/orders?access_token=${token}`, { headers: [header] });
      expect(twice.status).toBe(401);
      expect(twice.header('www-authenticate')).toContain('error="invalid_request"');
    });
  });

  describe('a call with a token', () => {
    test('is refused with 403 if the permission is missing', async () => {
      const answer = await placeOrder([
        await bearer(running().target, { sub: uniqueUser(), permissions: ['orders:read'] }),
      ]);
      expect(answer.status).toBe(403);
      expect(answer.json()).toMatchObject({ title: 'Forbidden', status: 403 });
      expect(answer.header('x-ratelimit-limit')).toBeUndefined();
    });

    test('is admitted with the permission, and the service receives the user id', async () => {
      const user = uniqueUser();
      const identity = await bearer(running().target, { sub: user, permissions: ['orders:*'] });
      const placed = await placeOrder([identity]);
      expect(placed.status).toBe(201);
      expect(placed.json()).toMatchObject({ userId: user });
      const listed = await call('/api/orders', { headers: [identity] });
      expect(listed.status).toBe(200);
      expect(listed.json()).toMatchObject({ items: [{ userId: user }] });
      expect(listed.header('cache-control')).toBe('private, no-store');
      expect(listed.header('x-ratelimit-remaining')).toMatch(/^\d+$/);
    });

    test("cannot read another user's data", async () => {
      const identity = await bearer(running().target, { sub: uniqueUser(), permissions: ['users:*'] });
      expect((await call(`/api/users/${uniqueUser()}`, { headers: [identity] })).status).toBe(403);
    });
  });

  describe('forged headers', () => {
    const forged: Call['headers'] = [
      [requestHeaders.decision, 'allow'],
      [requestHeaders.service, 'order'],
      [requestHeaders.userId, 'mallory'],
      [requestHeaders.userRole, 'admin'],
      [requestHeaders.clientId, 'mallory'],
      [requestHeaders.plan, 'enterprise'],
      ['X-Forwarded-For', '198.51.100.1'],
    ];

    test('do not replace a token', async () => {
      expect((await placeOrder(forged)).status).toBe(401);
    });

    test("do not change a caller's identity or role", async () => {
      const user = uniqueUser();
      const identity = await bearer(running().target, { sub: user, permissions: ['orders:*', 'users:*'] });
      const placed = await placeOrder([...forged, identity]);
      expect(placed.status).toBe(201);
      expect(placed.json()).toMatchObject({ userId: user });
      expect((await call('/api/users/mallory', { headers: [...forged, identity] })).status).toBe(403);
    });

    test('do not route a call to another service', async () => {
      const identity = await bearer(running().target, { sub: uniqueUser(), permissions: ['orders:*'] });
      const answer = await call('/api/orders', { headers: [[requestHeaders.service, 'payment'], identity] });
      expect(answer.status).toBe(200);
      expect(answer.json()).toEqual({ items: [], nextCursor: null });
    });

    test('do not change the plan', async () => {
      const identity = await bearer(running().target, {
        sub: uniqueUser(),
        permissions: ['orders:*'],
        plan: 'basic',
      });
      const answer = await call('/api/orders', { headers: [[requestHeaders.plan, 'enterprise'], identity] });
      expect(answer.header('x-quota-limit')).toBe('100000');
    });
  });

  describe("the operators' route", () => {
    const change = async (from: string | undefined, permissions: readonly string[]) =>
      call('/api/admin/products/aurora-11', {
        method: 'PUT',
        from,
        headers: [json, await bearer(running().target, { sub: uniqueUser(), permissions })],
        body: JSON.stringify({
          brand: 'Nordlys',
          name: 'Aurora 11',
          category: 'flagship',
          description: 'Changed by an operator.',
          price: { amount: 69_900, currency: 'EUR' },
        }),
      });

    test('refuses addresses that are not on the list, whatever the token permits', async (context) => {
      const { addresses } = running();
      if (addresses === undefined) skip(context, "This machine's address may be on the list.");
      expect((await change(addresses.stranger, ['**'])).status).toBe(403);
    });

    test('admits listed addresses only with the permission', async (context) => {
      const { addresses } = running();
      if (addresses === undefined) skip(context, 'This machine has no address on the list.');
      expect((await change(addresses.operator, ['orders:*'])).status).toBe(403);
      expect((await change(addresses.operator, ['products:write'])).status).toBe(200);
    });
  });
}
