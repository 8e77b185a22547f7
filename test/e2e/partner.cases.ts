import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, type TestContext, test } from 'vitest';
import { refusalResponses } from '../../runtime/contracts/gateway-contract.ts';
import { type Answer, type Call, send, sendWithRetry } from './client.ts';
import { type Running, skip } from './running.ts';

/** The file of a local run is looked at five times a second, and the function that is told of it takes a moment. */
const inForceWithinMs = 15_000;

type Header = readonly [string, string];

/** The partner API: keys, plans and checks of the API's own in front of the services. */
export function partnerCases(running: () => Running): void {
  describe('the partner API', () => {
    const keyOf = (context: TestContext, name: 'demo' | 'trial' = 'demo'): Header => {
      const value = running().target.partnerKey(name);
      if (value === undefined) skip(context, 'No API key of the partner API is known. Set E2E_PARTNER_KEY.');
      return ['X-Api-Key', value];
    };
    const call = (path: string, headers: readonly Header[] = [], more: Call = {}) =>
      send(running().target.url, path, { ...more, headers });
    const json: Header = ['Content-Type', 'application/json'];
    const problemOf = (answer: Answer) => {
      expect(answer.header('content-type')).toBe('application/json');
      expect(answer.header('cache-control')).toBe('no-store');
      const problem = answer.json() as { readonly status: number; readonly detail: string };
      expect(problem.status).toBe(answer.status);
      return problem;
    };

    test('leads a call with a key to the service', async (context) => {
      const answer = await sendWithRetry(running().target.url, '/partner/products/pico-4', {
        headers: [keyOf(context)],
      });
      expect(answer.status).toBe(200);
      expect(answer.json()).toMatchObject({ id: 'pico-4', price: { currency: 'EUR' } });
      const page = await call('/partner/products?limit=2', [keyOf(context)]);
      expect((page.json() as { items: unknown[] }).items).toHaveLength(2);
    });

    test.each([
      ['no key', []],
      ['a wrong key', [['X-Api-Key', 'a-key-that-nobody-has-ever-made-for-us']]],
    ] as [string, Header[]][])('refuses a call with %s', async (_, headers) => {
      const answer = await call('/partner/products', headers);
      expect(answer.status).toBe(403);
      expect(problemOf(answer).detail).toMatch(/carries no API key of this door/);
    });

    test('has nothing of the public API, and the public API nothing of its', async (context) => {
      const elsewhere = await call('/partner/api/products', [keyOf(context)]);
      expect(elsewhere.status).toBe(404);
      expect(problemOf(elsewhere).detail).toMatch(/nothing at this path/);
      // A key of the one is none of the other.
      expect((await call('/api/orders', [keyOf(context)])).status).toBe(401);
    });

    test('makes the key the owner of what it does, and nobody else', async (context) => {
      const [key, trial] = [keyOf(context), keyOf(context, 'trial')];
      const path = '/partner/inventory/pico-4/reservations';
      const headers = [key, json, ['Idempotency-Key', `e2e-${Date.now()}`]] as const;
      const made = await call(path, headers, { method: 'POST', body: '{"quantity":1}' });
      expect(made.status).toBe(201);
      const { id } = made.json() as { readonly id: string };
      // Another key, where there is another.
      const stranger =
        trial[1] === key[1] ? undefined : await call(`${path}/${id}`, [trial], { method: 'DELETE' });
      expect(stranger?.status ?? 404).toBe(404);
      expect((await call(`${path}/${id}`, [key], { method: 'DELETE' })).status).toBe(204);
    });

    test.for([
      ['{"quantity":0}', 'quantity'],
      ['{"quantity":1,"price":0}', ''],
      ['{', ''],
    ] as const)('refuses the body %s before the service hears of it', async ([body, named], context) => {
      const headers = [keyOf(context), json, ['Idempotency-Key', 'e2e']] as const;
      const answer = await call('/partner/inventory/pico-4/reservations', headers, { method: 'POST', body });
      expect(answer.status).toBe(400);
      expect(problemOf(answer).detail).toContain(named);
    });

    test('refuses a call that lacks a header of the entry', async (context) => {
      const answer = await call('/partner/inventory/pico-4/reservations', [keyOf(context), json], {
        method: 'POST',
        body: '{"quantity":1}',
      });
      expect(answer.status).toBe(400);
      expect(problemOf(answer).detail).toContain('Idempotency-Key');
    });

    test("believes no header of the gateway's own, at the edge and behind it", async (context) => {
      const key = keyOf(context);
      const forged: Header[] = [
        ['x-gw-decision', 'forbidden'],
        ['x-gw-service', 'order'],
        ['x-gw-cohort', 'canary'],
        ['x-user-id', 'somebody'],
        ['x-user-role', 'admin'],
        ['x-client-id', 'somebody'],
      ];
      expect((await call('/partner/products/pico-4', [key, ...forged])).status).toBe(200);
      const { partnerUrl, local } = running().target;
      if (partnerUrl === undefined || local === undefined) return;
      const secret: Header = ['x-gw-origin-secret', await local.originSecret()];
      const behind = await send(partnerUrl, '/partner/products/pico-4', {
        headers: [key, secret, ...forged],
      });
      expect(behind.status).toBe(200);
      expect(behind.json()).toMatchObject({ id: 'pico-4' });
    });

    test('is closed to calls that did not come through the edge', async (context) => {
      const { partnerUrl } = running().target;
      if (partnerUrl === undefined) skip(context, "The API's own address is not known.");
      const key = keyOf(context);
      const direct = await send(partnerUrl, '/partner/products', { headers: [key] });
      expect(direct.status).toBe(403);
      expect(problemOf(direct)).toEqual(refusalResponses.forbidden.body);
      const wrong = await send(partnerUrl, '/partner/products', {
        headers: [key, ['x-gw-origin-secret', 'wrong']],
      });
      expect(wrong.status).toBe(403);
    });

    describe('plans', () => {
      let documents = 0;
      const operate = (policy: object): void => {
        documents += 1;
        const { local } = running().target;
        if (local === undefined) return;
        writeFileSync(
          local.policyFile,
          JSON.stringify({ schema: 1, version: `partner-${documents}`, ...policy }),
        );
      };
      afterAll(() => operate({}));

      test('give a key its burst, and then a 429 that says when to try again', async (context) => {
        if (running().target.local === undefined) skip(context, 'It would use up the plan of a real key.');
        const key = keyOf(context, 'trial');
        // Of the plan "free": sixty at once, and ten a second; enough calls for a slow machine to be faster.
        const answers = await Promise.all(
          Array.from({ length: 200 }, () => call('/partner/products/pico-4', [key])),
        );
        const refused = answers.filter(({ status }) => status === 429);
        expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(58);
        expect(refused.length).toBeGreaterThan(0);
        for (const answer of refused) {
          expect(problemOf(answer)).toEqual(refusalResponses.throttled.body);
          expect(answer.header('retry-after')).toBe('1');
        }
        // Another key is not held up.
        expect((await call('/partner/products/pico-4', [keyOf(context)])).status).toBe(200);
      });

      test('change with the runtime policy, and what was used stays used', async (context) => {
        if (running().target.local === undefined)
          skip(context, 'The document of this gateway is in AppConfig.');
        const key = keyOf(context, 'trial');
        const answerNow = () => call('/partner/products/pico-4', [key]);
        const rate = { requests: 6_000, periodSeconds: 60, burst: 600 };
        operate({ plans: { free: { requestsPerMonth: 1, bytesPerMonth: null, rate } } });
        await expect
          .poll(async () => (await answerNow()).header('retry-after'), {
            timeout: inForceWithinMs,
            interval: 300,
          })
          .toBe('3600');
        const refused = await answerNow();
        expect(refused.status).toBe(429);
        expect(problemOf(refused)).toEqual(refusalResponses.quota.body);
        operate({});
        await expect
          .poll(async () => (await answerNow()).status, { timeout: inForceWithinMs, interval: 300 })
          .toBe(200);
      });
    });
  });
}
