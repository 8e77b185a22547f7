import { describe, expect, test } from 'vitest';
import { hasPostgres, postgresNote } from '../../test/support/postgres.ts';
import { admin, alice, bob, machine, testServices } from '../testing/services.ts';

const createTestService = testServices();

describe.runIf(hasPostgres)(`profiles${postgresNote}`, () => {
  test('are readable by their owner and by administrators only', async () => {
    const service = createTestService('user');
    expect(await (await service.get('/api/users/alice', alice)).json()).toMatchObject({ id: 'alice' });
    expect((await service.get('/api/users/alice', admin)).status).toBe(200);
    expect((await service.get('/api/users/alice', bob)).status).toBe(403);
    expect((await service.get('/api/users/alice', machine)).status).toBe(403);
    expect((await service.get('/api/users/alice')).status).toBe(403);
  });

  test('of other users answer 403, whether the profile exists or not', async () => {
    const service = createTestService('user');
    expect((await service.get('/api/users/nobody', bob)).status).toBe(403);
    expect((await service.get('/api/users/nobody', admin)).status).toBe(404);
  });

  test('ignore forwarding headers that claim another client address', async () => {
    const service = createTestService('user');
    const claims = { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1', forwarded: 'for=127.0.0.1' };
    expect((await service.get('/api/users/alice', { ...bob, ...claims })).status).toBe(403);
  });

  test('are changed by their owner, except for the email address', async () => {
    const service = createTestService('user');
    const answer = await service.send(
      'PUT',
      '/api/users/alice',
      { displayName: ' Alice ', locale: 'en-IE' },
      alice,
    );
    expect(answer.status).toBe(200);
    const profile = { id: 'alice', displayName: 'Alice', locale: 'en-IE', email: 'alice@example.com' };
    expect(await (await service.get('/api/users/alice', alice)).json()).toEqual(profile);
    expect((await service.send('PUT', '/api/users/alice', { displayName: 'Bob' }, bob)).status).toBe(403);
    const withEmail = { displayName: 'A', email: 'x@example.com' };
    expect((await service.send('PUT', '/api/users/alice', withEmail, alice)).status).toBe(422);
  });

  test("keep the owner's email address when an administrator changes them", async () => {
    const service = createTestService('user');
    const headers = { ...admin, 'x-user-email': 'root@example.com' };
    const answer = await service.send('PUT', '/api/users/bob', { displayName: 'Robert' }, headers);
    expect(await answer.json()).toMatchObject({ displayName: 'Robert', email: 'bob@example.com' });
  });

  test('are created by the first PUT', async () => {
    const service = createTestService('user');
    const carol = { 'x-user-id': 'carol', 'x-user-email': '-' };
    expect((await service.get('/api/users/carol', carol)).status).toBe(404);
    expect((await service.send('PUT', '/api/users/carol', { displayName: 'Carol' }, carol)).status).toBe(201);
    expect(await (await service.get('/api/users/carol', carol)).json()).toMatchObject({ email: null });
  });

  test('have the entity tag that the response to the change carried', async () => {
    const service = createTestService('user');
    const { headers } = await service.send('PUT', '/api/users/alice', { displayName: 'A' }, alice);
    expect((await service.get('/api/users/alice', alice)).headers.get('etag')).toBe(headers.get('etag'));
  });

  test('are not overwritten by a caller who read an older version', async () => {
    const service = createTestService('user');
    const etag = (await service.get('/api/users/alice', alice)).headers.get('etag') ?? '';
    const put = (displayName: string) =>
      service.send('PUT', '/api/users/alice', { displayName }, { ...alice, 'if-match': etag });
    expect((await put('First')).status).toBe(200);
    expect((await put('Second')).status).toBe(412);
  });
});

describe.runIf(hasPostgres)(`carts and wish lists${postgresNote}`, () => {
  const service = createTestService('user');

  test('list the items of their owner with a count, and are empty for a user without items', async () => {
    expect(await (await service.get('/api/users/alice/cart', alice)).json()).toMatchObject({ count: 3 });
    expect(await (await service.get('/api/users/bob/cart', bob)).json()).toEqual({
      userId: 'bob',
      count: 0,
      items: [],
    });
    const list = await (await service.get('/api/users/bob/wishlist', admin)).json();
    expect(list).toMatchObject({ userId: 'bob', items: [{ productId: 'meridian-8' }] });
  });

  test('refuse other users and machine clients with 403', async () => {
    for (const path of ['/api/users/alice/cart', '/api/users/alice/wishlist']) {
      expect((await service.get(path, bob)).status).toBe(403);
      expect((await service.get(path, machine)).status).toBe(403);
    }
  });
});
