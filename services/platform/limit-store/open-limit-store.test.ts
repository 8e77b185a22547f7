import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestLimitStore, type TestLimitStore } from '../../../test/support/test-limit-store.ts';
import { readStockScript } from '../../inventory/stock/stock-scripts.ts';
import { openLimitStore, readLimitStoreSettings } from './open-limit-store.ts';

describe('the limit store of a task', () => {
  const iam = {
    LIMIT_STORE_URL: 'rediss://cache:6379',
    LIMIT_STORE_TOPOLOGY: 'cluster',
    LIMIT_STORE_USER: 'gatehouse-inventory',
    LIMIT_STORE_CACHE_NAME: 'gatehouse',
    LIMIT_STORE_CACHE_KIND: 'serverless',
    AWS_REGION: 'eu-west-1',
  };

  test('is read from the environment, or is null', () => {
    expect(readLimitStoreSettings({})).toBeNull();
    expect(readLimitStoreSettings({ LIMIT_STORE_URL: 'redis://a:1' })).toEqual({
      url: 'redis://a:1',
      topology: 'single',
      iam: null,
    });
    expect(readLimitStoreSettings(iam)).toEqual({
      url: 'rediss://cache:6379',
      topology: 'cluster',
      iam: {
        user: 'gatehouse-inventory',
        cache: { name: 'gatehouse', kind: 'serverless' },
        region: 'eu-west-1',
      },
    });
  });

  test.each([
    [{ LIMIT_STORE_URL: 'http://a' }, 'LIMIT_STORE_URL is not a redis:// or rediss:// URL.'],
    [{ LIMIT_STORE_TOPOLOGY: 'ring' }, 'LIMIT_STORE_TOPOLOGY must be'],
    [{ LIMIT_STORE_CACHE_KIND: undefined }, 'LIMIT_STORE_CACHE_KIND must be one of serverless, nodes.'],
    [{ AWS_REGION: undefined }, 'AWS_REGION is missing'],
  ])('refuses %j and names the variable', (fault, message) => {
    expect(() => readLimitStoreSettings({ ...iam, ...fault })).toThrow(message);
  });

  describe('with a server', () => {
    let server: TestLimitStore;
    beforeAll(async () => {
      server = await openTestLimitStore();
    });
    afterAll(() => server.close());
    const open = (url: string) => {
      const lines: string[] = [];
      const store = openLimitStore(
        { url, topology: 'single', iam: null },
        {
          log: (_, message) => lines.push(message),
          nowMs: Date.now,
          monotonicMs: () => performance.now(),
          credentials: () => Promise.reject(new Error('not used')),
        },
      );
      return { store, lines };
    };
    const call = { keys: ['gh:{stock:none}:product:none'], args: [] };

    test('runs scripts', async () => {
      const { store, lines } = open(server.url);
      const outcome = await store.run(readStockScript, call, (reply) => ({ reply }));
      expect([outcome, lines]).toEqual([{ kind: 'ran', reply: { reply: null } }, []]);
      store.close();
    });

    test('fails and logs a warning if it is unavailable', async () => {
      const { store, lines } = open('redis://127.0.0.1:1');
      expect(await store.run(readStockScript, call, (reply) => ({ reply }))).toMatchObject({
        kind: 'failed',
      });
      expect(lines).toEqual(['the limit store did not respond']);
    });
  });
});
