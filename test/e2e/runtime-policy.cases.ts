import { afterEach, describe, expect, test } from 'vitest';
import { refusalResponses } from '../../runtime/contracts/refusals.ts';
import { type Answer, send } from './client.ts';
import { inForceWithinMs, policyFile } from './policy-file.ts';
import { anyAddress, bearer, type Running, skip, unique, uniqueUser } from './running.ts';

const reason = 'End-to-end test';

/** What operators change while the gateway runs. The document is a file, so these cases need a local run. */
export function runtimePolicyCases(running: () => Running): void {
  describe('the runtime policy', () => {
    const get = (path: string, headers: (readonly [string, string])[] = [], from?: string) =>
      send(running().target.url, path, { headers, from });
    const orders = async (identity: readonly [string, string]) => get('/api/orders', [identity]);
    const user = (clientId = 'web', sub = uniqueUser()) =>
      bearer(running().target, { sub, clientId, permissions: ['orders:read'], plan: 'free' });

    const { write, operate, exists, skipUnlessExists } = policyFile(running);
    afterEach(async () => {
      if (exists()) await operate({});
    });

    test('changes a plan in running processes and keeps the usage so far', async (context) => {
      skipUnlessExists(context);
      const identity = await user();
      const before = await orders(identity);
      expect(before.header('x-quota-limit')).toBe('10000');
      await operate({ plans: { free: { requestsPerMonth: 20_000, bytesPerMonth: null } } });
      const after = await orders(identity);
      expect(after.status).toBe(200);
      expect(after.header('x-quota-limit')).toBe('20000');
      expect(after.header('x-quota-remaining')).toBe('19998');
      await operate({ plans: { free: { requestsPerMonth: 2, bytesPerMonth: null } } });
      const refused = await orders(identity);
      expect(refused.status).toBe(429);
      expect(refused.header('x-quota-remaining')).toBe('0');
    });

    test('refuses an invalid document, names the field, and keeps the previous document', async (context) => {
      skipUnlessExists(context);
      await operate({ plans: { free: { requestsPerMonth: 30_000, bytesPerMonth: null } } });
      const { local } = running().target;
      const refusals = () =>
        (local?.notices() ?? []).filter((notice) => notice.includes('is invalid and is not deployed'));
      const before = refusals().length;
      write({ plans: { free: { requestsPerMonth: 'many', bytesPerMonth: null } } });
      await expect.poll(() => refusals().length, { timeout: inForceWithinMs }).toBe(before + 1);
      expect(refusals().at(-1)).toContain(
        'plans.free.requestsPerMonth: is of the wrong type. Give a whole number of at least 1.',
      );
      write({ shadow: ['nothing'] });
      await expect.poll(() => refusals().length, { timeout: inForceWithinMs }).toBe(before + 2);
      expect(refusals().at(-1)).toContain('shadow[0]: names the limit "nothing", which does not exist.');
      expect((await orders(await user())).header('x-quota-limit')).toBe('30000');
    });

    test('suspends one client and no other', async (context) => {
      skipUnlessExists(context);
      await operate({ clients: { 'e2e-app': { suspended: true, reason } } });
      expect((await orders(await user('e2e-app'))).status).toBe(403);
      expect((await orders(await user())).status).toBe(200);
    });

    test('grants additional requests to one client', async (context) => {
      skipUnlessExists(context);
      const until = new Date(Date.now() + 86_400_000).toISOString();
      await operate({ grants: [{ clientId: 'e2e-app', requests: 500, until, reason }] });
      expect((await orders(await user('e2e-app'))).header('x-quota-limit')).toBe('10500');
      expect((await orders(await user())).header('x-quota-limit')).toBe('10000');
    });

    test('answers 503 during maintenance, except for health checks', async (context) => {
      skipUnlessExists(context);
      await operate({ maintenance: { retryAfterSeconds: 900, reason } });
      const answer = await get(`/api/products?${unique()}`);
      expect([answer.status, answer.json()]).toEqual([503, refusalResponses.maintenance.body]);
      expect(answer.header('retry-after')).toBe('900');
      expect((await get('/api/nothing')).json()).toEqual(refusalResponses.maintenance.body);
      expect(answer.header('cache-control')).toBe('no-store');
      expect((await get('/health')).status).toBe(200);
    });

    test('switches off one route', async (context) => {
      skipUnlessExists(context);
      const identity = await user();
      await operate({ routes: { 'GET /api/orders/{id}': { enabled: false, reason } } });
      const answer = await get('/api/orders/1', [identity]);
      expect([answer.status, answer.json()]).toEqual([503, refusalResponses.disabled.body]);
      expect(answer.header('retry-after')).toBe('60');
      expect((await orders(identity)).status).toBe(200);
    });

    test('puts callers into the cohort that they choose if a rule permits it', async (context) => {
      skipUnlessExists(context);
      const identity = await user();
      await operate({ cohorts: { order: { percent: 0, salt: 'e2e', header: 'x-try' } } });
      const cohortOf = (answer: Answer) =>
        running()
          .target.local?.accessLog()
          .map((line) => JSON.parse(line) as Readonly<Record<string, string>>)
          .find(({ requestId }) => requestId === answer.header('x-request-id'))?.['cohort'];
      const chosen = await get('/api/orders', [identity, ['X-Try', 'canary']]);
      await expect.poll(() => cohortOf(chosen)).toBe('canary');
      const ordinary = await orders(identity);
      await expect.poll(() => cohortOf(ordinary)).toBe('stable');
    });

    test('blocks a range of addresses except those on the allow list', async (context) => {
      skipUnlessExists(context);
      const [blocked, allowed] = [anyAddress(running().target), anyAddress(running().target)];
      if (blocked === undefined || allowed === undefined) skip(context, 'This machine has only one address.');
      const read = async (from: string) => (await get(`/api/products?limit=1&${unique()}`, [], from)).status;
      await operate({ addresses: { block: ['127.1.0.0/16'], allow: [`${allowed}/32`] } });
      expect(await read(blocked)).toBe(403);
      expect(await read(allowed)).toBe(200);
    });
  });
}
