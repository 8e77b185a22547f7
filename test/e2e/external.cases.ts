import { describe, expect, test } from 'vitest';
import { requestHeaders } from '../../runtime/contracts/gateway-contract.ts';
import { type Call, send } from './client.ts';
import { bearer, type Running, uniqueUser } from './running.ts';
import { callUntilRefused, expectThrottled } from './throttling.ts';

/** A third-party service behind the aggregation function, which no load balancer protects. */
export function externalCases(running: () => Running): void {
  const rates = (headers: Call['headers'] = []) =>
    send(running().target.url, '/api/shipping/rates?country=DE&weight=1200', { headers });

  describe('an external service', () => {
    test('answers a caller with a token', async () => {
      const answer = await rates([await bearer(running().target, { sub: uniqueUser() })]);
      expect(answer.status).toBe(200);
      expect(answer.json()).toMatchObject({ country: 'DE', weightGrams: 1_200 });
      expect(answer.header('x-ratelimit-remaining')).toMatch(/^\d+$/);
      expect(answer.header('cache-control')).toBe('private, no-store');
    });

    test('is refused with the same body as at the load balancer', async () => {
      const refused = await rates();
      const byLoadBalancer = await send(running().target.url, '/api/orders');
      expect(refused.status).toBe(401);
      expect(refused.json()).toEqual(byLoadBalancer.json());
      expect(refused.header('www-authenticate')).toBe(byLoadBalancer.header('www-authenticate'));
    });

    test('refuses a call with a forged decision header', async () => {
      expect((await rates([[requestHeaders.decision, 'allow']])).status).toBe(401);
    });

    test('is limited like any other route', async () => {
      const identity = await bearer(running().target, { sub: uniqueUser() });
      // The burst of the user's limit is 50, and the bucket refills 17 per second.
      const { refused } = await callUntilRefused(500, () => rates([identity]), 4);
      expect(refused.status).toBe(429);
      expectThrottled(refused);
    });
  });
}
