import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type Call, send } from './client.ts';
import { registerApiKey } from './clients.ts';
import { type Running, skip, uniqueUser } from './running.ts';

const form = ['Content-Type', 'application/x-www-form-urlencoded'] as const;

/** Revocation of tokens and logout, both in force from the next call. */
export function revocationCases(running: () => Running): void {
  const call = (path: string, options: Call = {}) => send(running().target.url, path, options);
  const tokenOf = (sub: string, more: { clientId?: string; email?: string } = {}) =>
    running().target.token({ sub, permissions: ['orders:read'], ...more });
  const header = (token: string) => ['Authorization', `Bearer ${token}`] as const;
  const orders = (token: string) => call('/api/orders', { headers: [header(token)] });
  const revoke = (credential: readonly [string, string], body: string) =>
    call('/auth/revoke', { method: 'POST', headers: [credential, form], body });

  describe('a revoked token', () => {
    test('is refused from the next call, and other tokens stay valid', async () => {
      const user = uniqueUser();
      // Tokens issued within the same second need different claims to differ.
      const [token, other] = [await tokenOf(user), await tokenOf(user, { email: 'a@store.example' })];
      expect((await orders(token)).status).toBe(200);
      const revoked = await revoke(header(token), new URLSearchParams({ token }).toString());
      expect(revoked.status).toBe(200);
      expect(revoked.header('cache-control')).toBeDefined();
      const refused = await orders(token);
      expect(refused.status).toBe(401);
      expect(refused.header('www-authenticate')).toContain('error_description="The token has been revoked."');
      expect((await orders(other)).status).toBe(200);
    });

    test("may be another token of the same user, but not another user's", async () => {
      const user = uniqueUser();
      const [mine, lost] = [await tokenOf(user), await tokenOf(user, { email: 'a@store.example' })];
      const theirs = await tokenOf(uniqueUser());
      expect((await revoke(header(mine), `token=${lost}&token_type_hint=access_token`)).status).toBe(200);
      expect((await orders(lost)).status).toBe(401);
      const refused = await revoke(header(mine), `token=${theirs}`);
      expect(refused.status).toBe(400);
      expect(refused.json()).toMatchObject({ error: 'unauthorized_client' });
      expect((await orders(theirs)).status).toBe(200);
      expect((await orders(mine)).status).toBe(200);
    });

    test('may be a token that was issued to the client whose API key is sent', async (context) => {
      const { local } = running().target;
      if (local === undefined) skip(context, 'This test registers clients, which needs a local run.');
      const { clientId, key } = await registerApiKey(local, { permissions: ['orders:read'] });
      const token = await tokenOf(uniqueUser(), { clientId });
      const foreign = await tokenOf(uniqueUser(), { clientId: 'another' });
      expect((await revoke(['X-API-Key', key], `token=${token}`)).status).toBe(200);
      expect((await orders(token)).status).toBe(401);
      expect((await revoke(['X-API-Key', key], `token=${foreign}`)).status).toBe(400);
      expect((await orders(foreign)).status).toBe(200);
    });

    test('is answered with 200 if the token is invalid (RFC 7009 section 2.2)', async () => {
      const mine = header(await tokenOf(uniqueUser()));
      for (const token of ['nonsense', 'e30.e30.AA']) {
        expect((await revoke(mine, `token=${token}`)).status).toBe(200);
      }
    });

    test.each([
      ['', 'invalid_request'],
      ['token=', 'invalid_request'],
      ['token=a&token=b', 'invalid_request'],
      ['token=gh_local_x', 'unsupported_token_type'],
    ])('is refused for the body %j with %s', async (body, error) => {
      const answer = await revoke(header(await tokenOf(uniqueUser())), body);
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ error });
    });

    test('is refused without a credential', async () => {
      const token = await tokenOf(uniqueUser());
      expect(
        (await call('/auth/revoke', { method: 'POST', headers: [form], body: `token=${token}` })).status,
      ).toBe(401);
      expect((await orders(token)).status).toBe(200);
    });
  });

  describe('logout', () => {
    test('revokes all tokens of the user issued so far, cached ones included, and none of other users', async () => {
      const user = uniqueUser();
      const [one, two] = [await tokenOf(user), await tokenOf(user, { email: 'a@store.example' })];
      const other = await tokenOf(uniqueUser());
      expect([(await orders(one)).status, (await orders(two)).status]).toEqual([200, 200]);
      expect((await call('/auth/logout', { method: 'POST', headers: [header(one)] })).status).toBe(204);
      expect([(await orders(one)).status, (await orders(two)).status]).toEqual([401, 401]);
      expect((await orders(other)).status).toBe(200);
      // Issue times are whole seconds: a token is valid again if it is issued in a later second.
      await wait(1_100);
      expect((await orders(await tokenOf(user))).status).toBe(200);
    });

    test('is for users', async (context) => {
      const { local } = running().target;
      if (local === undefined) skip(context, 'This test registers clients, which needs a local run.');
      const { key } = await registerApiKey(local, { permissions: ['inventory:*'] });
      expect((await call('/auth/logout', { method: 'POST', headers: [['X-API-Key', key]] })).status).toBe(
        403,
      );
      expect((await call('/auth/logout', { method: 'POST' })).status).toBe(401);
    });
  });
}
