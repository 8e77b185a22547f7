import { expect, test } from 'vitest';
import { createInMemoryLimitStore, MemoryEntries } from '../../runtime/limit-store/in-memory-entries.ts';
import { keyChecks, tokenChecks } from '../../runtime/tokens/token-revocation.ts';
import type { RevocationRequest } from './contract.ts';
import { createFunction } from './operator-request.ts';
import type { RevocationDependencies } from './ports.ts';

const now = Date.parse('2026-11-20T12:00:00Z');
const caller = 'user:somebody';

function functionWith(store = createInMemoryLimitStore(() => now, new MemoryEntries(100))) {
  const dependencies: RevocationDependencies = {
    policy: {
      version: 'test',
      issuers: [
        {
          issuer: 'https://login.example',
          jwksUri: 'https://login.example/jwks.json',
          audience: 'api',
          algorithms: ['ES256'],
          maxLifetimeSeconds: 3_600,
          clientIds: null,
          scopePrefix: '',
          clockToleranceSeconds: 0,
        },
      ],
    },
    tokens: { verify: () => Promise.resolve({ kind: 'unavailable' }) },
    limitStore: store,
    now: () => now,
  };
  const handle = createFunction(dependencies);
  const order = (revoke: RevocationRequest) => handle({ revoke });
  const isRefused = async (checks: ReturnType<typeof keyChecks>) => {
    const answer = await store.take({ caller, checks });
    return answer.kind === 'answered' && !answer.admitted;
  };
  return { handle, order, isRefused };
}

const token = (tokenId: string, clientId: string) =>
  tokenChecks({ issuedAtSeconds: now / 1_000 - 60, tokenId, clientId });

test.each<[RevocationRequest, boolean[]]>([
  [{ kind: 'token', caller, name: 'a' }, [true, false, false, false]],
  [{ kind: 'application', caller, name: 'web' }, [true, true, false, false]],
  [{ kind: 'everything', caller }, [true, true, true, true]],
  [{ kind: 'key', caller, name: 'k' }, [false, false, false, true]],
])('refuses %j from then on, and nothing else', async (asked, expected) => {
  const { order, isRefused } = functionWith();
  expect(await order(asked)).toEqual({ revoked: true });
  const held = [token('a', 'web'), token('b', 'web'), token('c', 'app'), keyChecks('k')];
  expect(await Promise.all(held.map(isRefused))).toEqual(expected);
});

test('reports an unavailable limit store, and still serves a call through the gateway', async () => {
  const { handle, order } = functionWith({
    take: () => Promise.resolve({ kind: 'failed', reason: 'timeout' }),
  });
  expect(await order({ kind: 'everything', caller })).toEqual({ revoked: false, reason: 'timeout' });
  expect(await handle({ routeKey: 'POST /auth/logout' })).toMatchObject({ statusCode: 403 });
});
