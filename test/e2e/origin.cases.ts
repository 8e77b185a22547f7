import { describe, expect, test } from 'vitest';
import { requestHeaders } from '../../runtime/contracts/gateway-contract.ts';
import { type Call, send } from './client.ts';
import { bearer, type Running, skip, unique, uniqueUser } from './running.ts';

/** The API accepts calls from the edge only. */
export function originCases(running: () => Running): void {
  describe('a call that bypasses the edge', () => {
    test.for<[string, Call['headers']]>([
      ['without the origin secret', []],
      ['with a guessed origin secret', [[requestHeaders.originSecret, 'guess']]],
      [
        'with forged headers of the edge and of the decision',
        [
          [requestHeaders.viewerAddress, '127.0.0.1'],
          [requestHeaders.decision, 'allow'],
          [requestHeaders.service, 'product'],
        ],
      ],
    ])('is refused %s', async ([, headers = []], context) => {
      const { apiUrl } = running().target;
      if (apiUrl === undefined)
        skip(context, 'The URL of the API behind the edge is unknown. Set E2E_API_URL.');
      const anonymous = await send(apiUrl, `/api/products?${unique()}`, { headers });
      expect(anonymous.status).toBe(403);
      expect(anonymous.json()).toMatchObject({ title: 'Forbidden' });
      const identity = await bearer(running().target, { sub: uniqueUser(), permissions: ['**'] });
      expect((await send(apiUrl, '/api/orders', { headers: [...headers, identity] })).status).toBe(403);
    });
  });
}
