import { describe, expect, test } from 'vitest';
import { writeContentDigest } from '../../runtime/http/content-digest.ts';
import { hasPostgres, postgresNote } from '../../test/support/postgres.ts';
import { alice, bob, machine, testServices } from '../testing/services.ts';
import { holdSeconds } from './stock.ts';

const createTestService = testServices();

const path = '/api/inventory/origami-fold-3';
const reservations = `${path}/reservations`;
const total = 25;

describe.runIf(hasPostgres)(`stock${postgresNote}`, () => {
  test('has available and reserved units', async () => {
    const service = createTestService('inventory');
    const level = { productId: 'origami-fold-3', available: total, reserved: 0 };
    expect(await (await service.get(path, alice)).json()).toEqual(level);
    expect((await service.get('/api/inventory/none', alice)).status).toBe(404);
  });
});

describe.runIf(hasPostgres)(`a delivery${postgresNote}`, () => {
  test('adds to the stock, and publishes the level', async () => {
    const service = createTestService('inventory');
    const answer = await service.send('POST', `${path}/deliveries`, { quantity: 5 }, machine);
    expect(answer.status).toBe(200);
    const level = { productId: 'origami-fold-3', available: total + 5, reserved: 0 };
    expect(await answer.json()).toEqual(level);
    expect(await (await service.get(path, alice)).json()).toEqual(level);
    expect(await service.events()).toEqual([
      expect.objectContaining({ type: 'inventory.updated', data: { ...level, cause: 'delivered' } }),
    ]);
  });

  test('of zero units, of too many or of an unknown product is refused', async () => {
    const service = createTestService('inventory');
    const deliver = (to: string, quantity: number) =>
      service.send('POST', `${to}/deliveries`, { quantity }, machine).then(({ status }) => status);
    expect([await deliver(path, 0), await deliver(path, 10_001), await deliver(path, 1.5)]).toEqual([
      422, 422, 422,
    ]);
    expect(await deliver('/api/inventory/none', 1)).toBe(404);
    expect(await service.events()).toEqual([]);
  });

  test('is refused if its body does not match the signed digest', async () => {
    const service = createTestService('inventory');
    const deliver = (digest: string) =>
      service.send(
        'POST',
        `${path}/deliveries`,
        { quantity: 5 },
        { ...machine, 'x-gw-content-digest': digest },
      );
    const signed = writeContentDigest('sha-256', Buffer.from(JSON.stringify({ quantity: 4 })));
    expect((await deliver(signed)).status).toBe(400);
    expect((await deliver('nonsense')).status).toBe(400);
    expect(await service.events()).toEqual([]);
    const right = writeContentDigest('sha-256', Buffer.from(JSON.stringify({ quantity: 5 })));
    expect((await deliver(right)).status).toBe(200);
  });
});

describe.runIf(hasPostgres)(`a reservation${postgresNote}`, () => {
  test('holds stock until its expiry, and publishes the level', async () => {
    const service = createTestService('inventory');
    const answer = await service.send('POST', reservations, { quantity: 2 }, alice);
    expect(answer.status).toBe(201);
    const created = (await answer.json()) as { id: string };
    expect(created).toMatchObject({ quantity: 2, expiresAt: '2026-11-20T12:15:00.000Z' });
    expect(answer.headers.get('location')).toBe(`${reservations}/${created.id}`);
    expect(await (await service.get(path, bob)).json()).toMatchObject({ available: 23, reserved: 2 });
    expect(await service.events()).toEqual([
      expect.objectContaining({
        type: 'inventory.updated',
        subject: 'origami-fold-3',
        data: {
          productId: 'origami-fold-3',
          available: 23,
          reserved: 2,
          cause: 'reserved',
          reservation: { id: created.id, orderId: null, quantity: 2 },
        },
      }),
    ]);
  });

  test('of more than the available units is refused with 409', async () => {
    const service = createTestService('inventory');
    expect((await service.send('POST', reservations, { quantity: total + 1 }, alice)).status).toBe(409);
    expect(await (await service.get(path, alice)).json()).toMatchObject({ available: total });
    expect(await service.events()).toEqual([]);
  });

  test('never oversells: as many concurrent buyers succeed as there are units', async () => {
    const service = createTestService('inventory');
    const statuses = await Promise.all(
      Array.from({ length: 100 }, async (_, buyer) => {
        const headers = { 'x-user-id': `buyer-${buyer}` };
        return (await service.send('POST', reservations, { quantity: 1 }, headers)).status;
      }),
    );
    expect(statuses.filter((status) => status === 201)).toHaveLength(total);
    expect(statuses.filter((status) => status === 409)).toHaveLength(100 - total);
  });

  test('is created once per Idempotency-Key, and a refused one may be repeated with its key', async () => {
    const service = createTestService('inventory');
    const headers = { ...alice, 'idempotency-key': 'k' };
    const all = await service.send('POST', reservations, { quantity: total }, alice);
    expect((await service.send('POST', reservations, { quantity: 1 }, headers)).status).toBe(409);
    const { id } = (await all.json()) as { id: string };
    await service.send('DELETE', `${reservations}/${id}`, undefined, alice);
    const first = await service.send('POST', reservations, { quantity: 1 }, headers);
    const second = await service.send('POST', reservations, { quantity: 1 }, headers);
    expect(first.status).toBe(201);
    expect(await second.json()).toEqual(await first.json());
    expect(await (await service.get(path, alice)).json()).toMatchObject({ reserved: 1 });
    expect((await service.send('POST', reservations, { quantity: 2 }, headers)).status).toBe(422);
  });

  test('is released once, and only by its owner', async () => {
    const service = createTestService('inventory');
    const answer = await service.send('POST', reservations, { quantity: 2 }, machine);
    const { id } = (await answer.json()) as { id: string };
    const release = (headers: Readonly<Record<string, string>>) =>
      service.send('DELETE', `${reservations}/${id}`, undefined, headers);
    expect((await release(alice)).status).toBe(404);
    expect((await release({ 'x-user-id': 'warehouse' })).status).toBe(404);
    expect((await release(machine)).status).toBe(204);
    expect((await release(machine)).status).toBe(404);
    expect((await service.events()).at(-1)?.data).toEqual({
      productId: 'origami-fold-3',
      available: total,
      reserved: 0,
      cause: 'released',
      reservation: { id, orderId: null, quantity: 2 },
    });
  });

  test('expires, and the periodic task publishes the expiry', async () => {
    const service = createTestService('inventory');
    await service.send('POST', reservations, { quantity: total }, alice);
    service.advance(holdSeconds * 1000 - 1);
    expect((await service.send('POST', reservations, { quantity: 1 }, bob)).status).toBe(409);
    service.advance(1);
    expect((await service.send('POST', reservations, { quantity: 1 }, bob)).status).toBe(201);
    await (await service.role()).periodicTasks?.[0]?.run();
    expect((await service.events()).at(-1)?.data).toMatchObject({
      cause: 'expired',
      available: total - 1,
      reserved: 1,
    });
  });

  test.each([
    [{ quantity: 0 }, 422],
    [{ quantity: 100 }, 422],
    [{ quantity: 1, owner: 'bob' }, 422],
    [{}, 422],
  ])('of %j is refused with %i', async (body, status) => {
    const service = createTestService('inventory');
    expect((await service.send('POST', reservations, body, alice)).status).toBe(status);
  });

  test('needs a product that exists, and a user or a client', async () => {
    const service = createTestService('inventory');
    expect(
      (await service.send('POST', '/api/inventory/none/reservations', { quantity: 1 }, alice)).status,
    ).toBe(404);
    expect((await service.send('POST', reservations, { quantity: 1 })).status).toBe(403);
  });
});
