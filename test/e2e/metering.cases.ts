import { writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { send } from './client.ts';
import { bearer, type Running, skip, uniqueUser } from './running.ts';
import type { LocalControl } from './target.ts';

/** The function may have to start first, and it receives lines in batches. */
const meteredWithin = { timeout: 20_000, interval: 250 };
const reason = 'On AWS this suite has no credentials to read usage, topics and plans.';

/** What the gateway records about calls: usage in the table, the quota of bytes, alerts, and the access log as events. */
export function meteringCases(running: () => Running): void {
  describe('metering', () => {
    const localOf = (context: Parameters<typeof skip>[0]): LocalControl => {
      const { local } = running().target;
      if (local === undefined) skip(context, reason);
      return local;
    };
    const usePlans = async (local: LocalControl, plans: object) => {
      const version = `metering-${Date.now()}`;
      writeFileSync(local.policyFile, JSON.stringify({ schema: 1, version, plans }));
      const current = async () =>
        (await send(running().target.url, '/api/orders')).header('x-gateway-policy');
      await expect.poll(current, { timeout: 10_000, interval: 50 }).toContain(version);
    };
    afterEach(async () => {
      const { local } = running().target;
      if (local !== undefined) await usePlans(local, {});
    });

    /** Access-log lines of one user's calls. */
    const linesOf = (local: LocalControl, sub: string) =>
      local
        .accessLog()
        .map((line) => JSON.parse(line) as Readonly<Record<string, string>>)
        .filter(({ userId }) => userId === sub);
    const callAs = async (sub: string, plan: string) => {
      const identity = await bearer(running().target, { sub, plan, permissions: ['orders:read'] });
      return await send(running().target.url, '/api/orders', { headers: [identity] });
    };

    test("adds a caller's requests and bytes to the month, and publishes the calls to the topic", async (context) => {
      const local = localOf(context);
      const sub = uniqueUser();
      for (let call = 0; call < 3; call += 1) expect((await callAs(sub, 'free')).status).toBe(200);
      const lines = linesOf(local, sub);
      const bytes = lines.reduce((sum, { totalBytes }) => sum + Number(totalBytes), 0);
      expect(bytes).toBeGreaterThan(0);
      await expect
        .poll(async () => await local.usage(lines[0]?.['caller'] ?? ''), meteredWithin)
        .toEqual({ requests: 3, bytes });
      const ids = lines.map(({ requestId }) => requestId);
      await expect
        .poll(async () => (await local.events('gateway.access-log')).map(({ id }) => id), meteredWithin)
        .toEqual(expect.arrayContaining(ids));
    });

    test('counts an order in a CloudWatch metric', async (context) => {
      const local = localOf(context);
      const before = await local.measured('OrdersCreated');
      const identity = await bearer(running().target, {
        sub: uniqueUser(),
        plan: 'pro',
        permissions: ['orders:*'],
      });
      const placed = await send(running().target.url, '/api/orders', {
        method: 'POST',
        headers: [identity, ['Content-Type', 'application/json']],
        body: JSON.stringify({ items: [{ productId: 'fjord-mini', quantity: 1 }] }),
      });
      expect(placed.status).toBe(201);
      await expect
        .poll(async () => await local.measured('OrdersCreated'), meteredWithin)
        .toBeGreaterThan(before);
    });

    test('refuses a caller whose quota of bytes is exhausted, after alerts at 80, 90 and 100 percent', async (context) => {
      const local = localOf(context);
      await usePlans(local, { lean: { requestsPerMonth: 1_000, bytesPerMonth: 100 } });
      const sub = uniqueUser();
      expect((await callAs(sub, 'lean')).status).toBe(200);
      await expect.poll(async () => (await callAs(sub, 'lean')).status, meteredWithin).toBe(429);
      const caller = linesOf(local, sub)[0]?.['caller'];
      const alerts = async () =>
        (await local.published())
          .map((message) => JSON.parse(message) as { caller: string; kind: string; percent: number })
          .filter((alert) => alert.caller === caller)
          .map(({ kind, percent }) => `${kind} ${percent}`);
      await expect.poll(alerts, meteredWithin).toEqual(['bytes 80', 'bytes 90', 'bytes 100']);
    });
  });
}
