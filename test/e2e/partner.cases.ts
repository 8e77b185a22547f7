import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, type TestContext, test } from 'vitest';
import { refusalResponses } from '../../runtime/contracts/refusals.ts';
import { type Answer, type Call, send, sendWithRetry } from './client.ts';
import { type Running, skip } from './running.ts';

/** A local run polls its policy file five times a second, and then a function applies the document. */
const inForceWithinMs = 15_000;

type Header = readonly [string, string];

/** The partner API: API keys, usage plans, and request validation by the API itself. */
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

    test('routes a call with a key to the service', async (context) => {
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
      ['a wrong key', [['X-Api-Key', 'a-key-that-the-gateway-has-never-issued']]],
    ] as [string, Header[]][])('refuses a call with %s', async (_, headers) => {
      const answer = await call('/partner/products', headers);
      expect(answer.status).toBe(403);
      expect(problemOf(answer).detail).toMatch(/no valid API key of the partner API/);
    });

    test('does not serve routes of the public API, and its keys are not valid there', async (context) => {
      const elsewhere = await call('/partner/api/products', [keyOf(context)]);
      expect(elsewhere.status).toBe(404);
      expect(problemOf(elsewhere).detail).toMatch(/nothing at this path/);
      // The public API does not accept a key of the partner API.
      expect((await call('/api/orders', [keyOf(context)])).status).toBe(401);
    });

    test("makes the key's client the only owner of a reservation", async (context) => {
      const [key, trial] = [keyOf(context), keyOf(context, 'trial')];
      const path = '/partner/inventory/pico-4/reservations';
      const headers = [key, json, ['Idempotency-Key', `e2e-${Date.now()}`]] as const;
      const made = await call(path, headers, { method: 'POST', body: '{"quantity":1}' });
      expect(made.status).toBe(201);
      const { id } = made.json() as { readonly id: string };
      // A second key, if one is known.
      const stranger =
        trial[1] === key[1] ? undefined : await call(`${path}/${id}`, [trial], { method: 'DELETE' });
      expect(stranger?.status ?? 404).toBe(404);
      expect((await call(`${path}/${id}`, [key], { method: 'DELETE' })).status).toBe(204);
    });

    test.for([
      ['{"quantity":0}', 'quantity'],
      ['{"quantity":1,"price":0}', ''],
      ['{', ''],
    ] as const)('refuses the body %s before the service receives it', async ([body, named], context) => {
      const headers = [keyOf(context), json, ['Idempotency-Key', 'e2e']] as const;
      const answer = await call('/partner/inventory/pico-4/reservations', headers, { method: 'POST', body });
      expect(answer.status).toBe(400);
      expect(problemOf(answer).detail).toContain(named);
    });

    test('refuses a call without a header that the catalogue requires', async (context) => {
      const answer = await call('/partner/inventory/pico-4/reservations', [keyOf(context), json], {
        method: 'POST',
        body: '{"quantity":1}',
      });
      expect(answer.status).toBe(400);
      expect(problemOf(answer).detail).toContain('Idempotency-Key');
    });

    test('ignores forged headers of the gateway, at the edge and behind it', async (context) => {
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

    test('refuses calls that bypass the edge', async (context) => {
      const { partnerUrl } = running().target;
      if (partnerUrl === undefined)
        skip(context, 'The URL of the partner API behind the edge is unknown. Set E2E_PARTNER_URL.');
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

      test('admit the burst of a key, then answer 429 with Retry-After', async (context) => {
        if (running().target.local === undefined)
          skip(context, 'This test would exhaust the plan of a real key.');
        const key = keyOf(context, 'trial');
        // The plan "free" admits a burst of 60 and 10 calls a second. 200 calls exceed that on a slow machine, too.
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
        // Another key is not throttled.
        expect((await call('/partner/products/pico-4', [keyOf(context)])).status).toBe(200);
      });

      test('change with the runtime policy and keep the usage so far', async (context) => {
        if (running().target.local === undefined)
          skip(context, 'The runtime policy of this gateway is in AppConfig.');
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
