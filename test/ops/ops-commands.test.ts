import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalRun, startLocalRun } from '../../lib/local/run/local-run.ts';
import { refusalResponses } from '../../runtime/contracts/refusals.ts';
import { opsRunner } from '../support/ops-runner.ts';
import { launchDayCases } from './launch-day.cases.ts';

/** Every command against one real local run: its tables, secrets, functions and policy. */
const stateFolder = mkdtempSync(join(tmpdir(), 'gatehouse-ops-'));
const give = opsRunner({ stateFolder });
/** Shows with a failure why a command was refused. */
const ops: typeof give = async (...args) => {
  const ended = await give(...args);
  if (ended.exitCode !== 0) console.log(args.join(' '), ended.stderr);
  return ended;
};
const asked = ['--local', '--output', 'json'];
const changed = [...asked, '--reason', 'a test'];
let run: LocalRun | undefined;

beforeAll(async () => {
  run = await startLocalRun({
    port: 0,
    stateFolder,
    // Without a PATH no Redis is found there.
    environment: { PATH: '' },
    accessLog: () => undefined,
    notice: (text) => console.log(`The local run says: ${text}`),
  });
});
afterAll(async () => {
  await run?.close();
  rmSync(stateFolder, { recursive: true, force: true });
});

const policy = async () => ((await ops('policy', 'show', ...asked)).json as { policy: unknown }).policy;

describe('exit codes', () => {
  test.each([
    [0, ['plans', 'list', '--local']],
    [0, ['plans', '--help']],
    [1, ['plans', 'show', 'platinum', '--local']],
    [1, ['clients', 'show', 'nobody', '--local']],
    [1, ['keys', 'rotate', 'nokey', '--local', '--reason', 'x']],
    [1, ['policy', 'rollback', '--to', '999', '--local', '--reason', 'x']],
    [1, ['clients', 'add', 'new', '--plan', 'platinum', '--local', '--reason', 'x']],
    [1, ['clients', 'set', 'acme', '--plan', 'platinum', '--local', '--reason', 'x']],
    [0, ['edge', 'list', '--local']],
    [0, ['edge', 'unblock', '192.0.2.1', '--local', '--reason', 'x']],
    [2, ['edge', 'block', 'nowhere', '--local', '--reason', 'x']],
    [2, ['edge', 'block', '192.0.2.0/16', '--local', '--reason', 'x']],
    [2, ['edge', 'block', '192.0.2.1', '--until', '2020-01-01', '--local', '--reason', 'x']],
    [2, ['edge', 'kill', 'api', '--local', '--reason', 'x']],
    [2, ['edge', 'invalidate', '--local', '--reason', 'x']],
    [2, ['edge', 'invalidate', '/a*b', '--local', '--reason', 'x']],
    [2, ['plans', 'list']],
    [2, ['plans', 'list', '--local', '--env', 'prod']],
    [2, ['plans', 'list', '--env', 'nowhere']],
    [2, ['plans', 'list', '--env', 'local']],
    [2, ['plans', 'list', '--env', 'prod', '--region', 'eu-central-1']],
    [2, ['plans', 'list', '--local', '--region', 'eu-west-1']],
    [2, ['plans', 'lst', '--local']],
    [2, ['plans', 'set', 'pro', '--local', '--requests', '5']],
    [2, ['plans', 'set', 'pro', '--local', '--reason', 'x']],
    [2, ['plans', 'set', 'pro', '--local', '--reason', 'x', '--requests', 'many']],
    [2, ['plans', 'set', 'new', '--local', '--reason', 'x', '--requests', '5']],
    [2, ['clients', 'add', 'Not An Id', '--plan', 'pro', '--local', '--reason', 'x']],
    [0, ['plans', 'set', 'pro', '--local', '--reason', 'x', '--dry-run', '--requests', 'unlimited']],
    [0, ['plans', 'set', 'pro', '--local', '--reason', 'x', '--dry-run', '--bytes', 'unlimited']],
    [0, ['plans', 'set', 'pro', '--local', '--reason', 'x', '--dry-run', '--rate', 'none']],
    [2, ['plans', 'set', 'pro', '--local', '--reason', 'x', '--dry-run', '--rate', 'none', '--burst', '5']],
    [0, ['clients', 'set', 'acme', '--local', '--reason', 'x', '--dry-run', '--rate', 'none']],
    [
      0,
      ['quota', 'grant', 'acme', '--local', '--reason', 'x', '--dry-run', '--requests', '5', '--until', '7d'],
    ],
    [2, ['quota', 'grant', 'acme', '--local', '--reason', 'x', '--requests', '5', '--until', '2127-02-30']],
    [1, ['plans', 'list', '--port', '1']],
    [2, ['plans', 'list', '--local', '--port', 'x']],
    [3, ['clients', 'add', 'acme', '--plan', 'pro', '--local', '--reason', 'x']],
  ] as const)('%i of %j', async (exitCode, args) => {
    const ended = await ops(...args);
    // Whatever is refused names what is wrong, and says in a separate line what to do.
    const saysWhy = exitCode === 0 ? /^$/ : /.+\n.+/;
    expect(ended).toMatchObject({ exitCode, stderr: expect.stringMatching(saysWhy) });
  });

  test('a fault is a document where the answers are documents', async () => {
    const ended = await ops('plans', 'show', 'platinum', ...asked);
    expect(JSON.parse(ended.stderr)).toEqual({
      error: 'local has no plan "platinum".',
      remedy: 'Use one of: free, basic, pro, enterprise.',
      exitCode: 1,
    });
  });
});

describe('plans and the policy', () => {
  test('a dry run shows the difference and changes nothing', async () => {
    const before = await policy();
    const ended = await ops('plans', 'set', 'pro', '--requests', '150k', ...changed, '--dry-run');
    expect(ended.json).toMatchObject({
      changed: false,
      dryRun: true,
      changes: [{ path: 'plans.pro.requestsPerMonth', before: 1_000_000, after: 150_000 }],
    });
    expect(await policy()).toEqual(before);
    expect((await ops('policy', 'history', ...asked)).json).toMatchObject({ revisions: [] });
  });

  test('a change is stored, noted, and not made twice; a rollback gives the former document', async () => {
    const before = await policy();
    const set = ['plans', 'set', 'pro', '--requests', '150000/month', '--bytes', '15GB', ...changed];
    const first = await ops(...set);
    expect(first.json).toMatchObject({ changed: true, version: 'r1', revision: 1 });
    expect((await ops(...set)).json).toMatchObject({ changed: false, changes: [], revision: 1 });
    expect((await ops('plans', 'show', 'pro', ...asked)).json).toMatchObject({
      requestsPerMonth: 150_000,
      bytesPerMonth: 15_000_000_000,
      rate: { requests: 6_000, periodSeconds: 60, burst: 600 },
      source: 'runtime',
      lastChange: { who: 'olivia', reason: 'a test' },
      clients: [{ clientId: 'acme', allowed: 150_000 }],
    });

    await ops('policy', 'rollback', '--yes', ...changed);
    expect(await policy()).toEqual(before);
    const history = (await ops('policy', 'history', ...asked)).json as { revisions: unknown[] };
    expect(history.revisions).toMatchObject([
      { revision: 2, who: 'olivia', changes: [{ path: 'plans.pro.bytesPerMonth' }, {}] },
      { revision: 1, version: 'r1', command: 'plans set pro' },
    ]);
  });

  test('of concurrent changes none is lost: the others get the conflict', async () => {
    const names = ['one', 'two', 'three', 'four'];
    const ended = await Promise.all(
      names.map((name) => ops('plans', 'set', name, '--requests', '5', '--bytes', '5GB', ...changed)),
    );
    const stored = names.filter((_, index) => ended[index]?.exitCode === 0);
    expect(stored.length).toBeGreaterThan(0);
    expect(ended.map(({ exitCode }) => exitCode).filter((code) => code !== 0 && code !== 3)).toEqual([]);
    expect(Object.keys(((await policy()) as { plans: object }).plans).sort()).toEqual(stored.sort());
  });

  test('what the authorizer would refuse is not stored', async () => {
    const before = await policy();
    const ended = await ops('plans', 'set', 'Pro+', '--requests', '5', '--bytes', '5GB', ...changed);
    expect(ended.exitCode).toBe(1);
    expect(JSON.parse(ended.stderr)).toMatchObject({ error: expect.stringContaining('plans["Pro+"]') });
    expect(await policy()).toEqual(before);
  });
});

describe('quotas', () => {
  test('requests are granted on top of the month until an instant, and ended grants leave the document', async () => {
    const granted = await ops(
      'quota',
      'grant',
      'acme',
      '--requests',
      '+5000',
      '--until',
      '2999-01-01',
      ...changed,
    );
    expect(granted.json).toMatchObject({
      changed: true,
      changes: [
        { after: { clientId: 'acme', requests: 5_000, until: '2999-01-01T00:00:00Z', reason: 'a test' } },
      ],
    });
    expect((await ops('clients', 'show', 'acme', ...asked)).json).toMatchObject({
      requestsPerMonth: 1_005_000,
    });

    const later = opsRunner({ stateFolder, now: () => Date.parse('2999-02-01T00:00:00Z') });
    await later('quota', 'grant', 'corner-shop', '--requests', '7', '--until', '2999-03-01', ...changed);
    expect(await policy()).toMatchObject({ grants: [{ clientId: 'corner-shop', requests: 7 }] });
    await ops('policy', 'rollback', '--yes', ...changed);
    expect(await policy()).toMatchObject({ grants: [{ clientId: 'acme', requests: 5_000 }] });
  });

  test('a grant that has ended already is a fault of the command line', async () => {
    const ended = await ops('quota', 'grant', 'acme', '--requests', '5', '--until', '2020-01-01', ...changed);
    expect(ended.exitCode).toBe(2);
  });
});

describe('clients and their keys', () => {
  test('a client is added, overridden, suspended and resumed', async () => {
    expect((await ops('clients', 'add', 'shop-9', '--plan', 'basic', ...changed)).json).toMatchObject({
      changed: true,
      client: { clientId: 'shop-9', plan: 'basic', expiresAt: null },
    });
    await ops('clients', 'set', 'shop-9', '--plan', 'pro', '--until', '2999-01-01', ...changed);
    expect((await ops('clients', 'show', 'shop-9', ...asked)).json).toMatchObject({
      plan: 'basic',
      effectivePlan: 'pro',
      requestsPerMonth: 1_000_000,
      state: 'active',
      override: { plan: 'pro', expiresAt: '2999-01-01T00:00:00Z', reason: 'a test' },
    });
    await ops('clients', 'reset', 'shop-9', ...changed);
    await ops('clients', 'suspend', 'shop-9', ...changed);
    const clients = (await ops('clients', 'list', ...asked)).json as { clients: object[] };
    expect(clients.clients).toContainEqual(
      expect.objectContaining({ clientId: 'shop-9', effectivePlan: 'basic', state: 'suspended' }),
    );
    expect((await ops('clients', 'suspend', 'shop-9', ...changed)).json).toMatchObject({ changed: false });
    await ops('clients', 'suspend', 'shop-9', '--resume', ...changed);
    expect((await ops('clients', 'show', 'shop-9', ...asked)).json).toMatchObject({ state: 'active' });
  });

  test('a key calls, is rolled with a grace, and revoked; only its making shows it', async () => {
    const made = (
      await ops(
        'keys',
        'create',
        'acme',
        '--permissions',
        'orders:*',
        '--addresses',
        '127.0.0.0/8',
        ...changed,
      )
    ).json as { keyId: string; key: string };
    expect(made.key).toMatch(new RegExp(`^gh_local_${made.keyId}_`));

    const rolled = (await ops('keys', 'rotate', made.keyId, '--grace-period', '1h', ...changed)).json as {
      key: string;
    };
    expect(rolled.key).toMatch(new RegExp(`^gh_local_${made.keyId}_`));
    expect(rolled.key).not.toBe(made.key);
    const shown = await ops('clients', 'show', 'acme', ...asked);
    expect(shown.json).toMatchObject({
      keys: [
        {
          keyId: made.keyId,
          permissions: ['orders:*'],
          addresses: ['127.0.0.0/8'],
          secrets: [{ expiresAt: null }, { expiresAt: expect.stringMatching(/^2/) }],
        },
      ],
    });
    const secret = made.key.split('_')[3] ?? '';
    expect(shown.stdout).not.toContain(secret);

    expect((await ops('keys', 'revoke', made.keyId, ...changed)).json).toMatchObject({ changed: true });
    expect((await ops('keys', 'revoke', made.keyId, ...changed)).json).toMatchObject({ changed: false });
  });
});

describe('explanations and usage', () => {
  const explain = (...args: string[]) => ops('explain', '--path', '/api/inventory/pico-4', ...args, ...asked);

  test('an explanation is what a call would get, and takes nothing', async () => {
    const made = (await ops('keys', 'create', 'acme', '--permissions', 'inventory:*', ...changed)).json as {
      key: string;
    };
    // The authorizer polls: what was changed above, to its last revision, is in force within seconds.
    let first: unknown;
    const explained = async () => {
      first = (await explain('--key', made.key)).json;
      return first;
    };
    await expect
      .poll(explained, { timeout: 10_000 })
      .toMatchObject({ stored: { isInForce: true }, headers: { 'x-quota-limit': '1005000' } });
    expect(first).toMatchObject({
      route: 'GET /api/inventory/{id}',
      status: null,
      stored: { isInForce: true },
      context: { decision: 'allow', reason: 'ok', clientId: 'acme', plan: 'pro' },
      headers: { ratelimit: expect.stringContaining('r='), 'x-quota-limit': '1005000' },
    });
    const again = (await explain('--key', made.key)).json;
    // The clock goes on between the two, and a month's end comes nearer.
    const limits = (explanation: unknown) =>
      (explanation as { limits: object[] }).limits.map((limit) => ({ ...limit, resetSeconds: undefined }));
    expect(limits(again)).toEqual(limits(first));

    const answer = await fetch(`${run?.url}/api/inventory/pico-4`, { headers: { 'x-api-key': made.key } });
    expect(answer.status).toBe(200);
    const { headers } = first as { headers: Record<string, string> };
    expect(answer.headers.get('ratelimit-policy')).toBe(headers['ratelimit-policy']);
    expect(answer.headers.get('x-quota-limit')).toBe(headers['x-quota-limit']);
    expect((await ops('usage', 'show', 'acme', ...asked)).json).toMatchObject({
      plan: 'pro',
      allowed: 1_005_000,
      live: { requests: 1 },
      exhaustedOn: null,
    });
    const refused = await fetch(`${run?.url}/api/orders`, { headers: { 'x-api-key': made.key } });
    expect(refused.status).toBe(403);
    const caller = { application: 'acme', plan: 'pro', requests: 1, refusals: 1, allowedRequests: 1_005_000 };
    await expect
      .poll(async () => (await ops('usage', 'top', '--by', 'refusals', ...asked)).json, { timeout: 20_000 })
      .toMatchObject({ by: 'refusals', callers: [caller] });
    expect((await ops('usage', 'top', '--near', '80', '--local')).stdout).toBe(
      'No caller has used 80 % of its month.',
    );
  });

  test.each([
    ['nobody', [], { status: 401, context: { reason: 'no-credential' } }],
    ['a client that has no such permission', ['--client', 'corner-shop'], { status: 403 }],
    [
      'a client with another permission',
      ['--client', 'corner-shop', '--permissions', 'inventory:*'],
      { status: null, context: { plan: 'free' } },
    ],
    ['a user without the permission', ['--user', 'eve', '--permissions', 'users:read'], { status: 403 }],
    ['a key that is none', ['--key', 'gh_local_x'], { status: 401, context: { reason: 'malformed-key' } }],
  ] as const)('%s', async (_, args, expected) => {
    expect((await explain(...args)).json).toMatchObject(expected);
  });

  test("a client has its keys' permissions, and the newest policy is waited for", async () => {
    const { keyId } = (await ops('keys', 'create', 'corner-shop', '--permissions', 'users:read', ...changed))
      .json as {
      keyId: string;
    };
    await ops('plans', 'set', 'free', '--requests', '4321', ...changed);
    const { revision } = (await ops('policy', 'show', ...asked)).json as { revision: number };
    expect(
      (await ops('explain', '--path', '/api/inventory/pico-4', '--client', 'corner-shop', ...asked)).json,
    ).toMatchObject({
      permissions: expect.arrayContaining(['users:read']),
      stored: { revision, isInForce: true },
    });
    const without = (await explain('--client', 'corner-shop', '--permissions', 'a:b')).json;
    expect(without).toMatchObject({ permissions: ['a:b'] });
    await ops('keys', 'revoke', keyId, ...changed);
    const all = (await explain('--client', 'corner-shop')).json as { permissions: string[] };
    expect(all.permissions).not.toContain('**');
  });

  test('a call without a route is refused by name', async () => {
    const ended = await ops('explain', '--path', '/nowhere', '--local');
    expect(ended).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('/nowhere') });
  });

  test('what is revoked is refused from the next call on: a key, and all tokens of a user', async () => {
    const statusWith = async (headers: Record<string, string>) =>
      (await fetch(`${run?.url}/api/inventory/pico-4`, { headers })).status;
    const made = (await ops('keys', 'create', 'corner-shop', '--permissions', 'inventory:*', ...changed))
      .json as { keyId: string; key: string };
    const key = { 'x-api-key': made.key };
    expect(await statusWith(key)).toBe(200);
    await ops('keys', 'revoke', made.keyId, ...changed);
    expect(await statusWith(key)).toBe(401);

    const token = await run?.token({ sub: 'mallory', permissions: ['inventory:*'] });
    const bearer = { authorization: `Bearer ${token}` };
    expect(await statusWith(bearer)).toBe(200);
    expect((await ops('tokens', 'revoke', '--user', 'mallory', ...changed)).json).toMatchObject({
      changed: true,
      effect: 'from the next call on, in every process',
    });
    expect(await statusWith(bearer)).toBe(401);
  });

  test('a dry run names the clients over their new quota', async () => {
    const ended = await ops(
      'plans',
      'set',
      'pro',
      '--requests',
      '1',
      '--bytes',
      '1GB',
      ...changed,
      '--dry-run',
    );
    // Its grant leaves it far from that.
    expect(ended.json).toMatchObject({ overQuota: [] });
    await ops('policy', 'rollback', '--to', '0', '--yes', ...changed);
    const made = (await ops('keys', 'create', 'corner-shop', '--permissions', 'inventory:*', ...changed))
      .json as {
      key: string;
    };
    // With the one of the key that was revoked.
    for (let call = 0; call < 3; call += 1) {
      await fetch(`${run?.url}/api/inventory/pico-4`, { headers: { 'x-api-key': made.key } });
    }
    const tight = await ops('plans', 'set', 'free', '--requests', '2', ...changed, '--dry-run');
    expect(tight.json).toMatchObject({
      overQuota: [{ clientId: 'corner-shop', plan: 'free', used: 4, allowed: 2 }],
    });
  });
});

describe('what operators switch in the policy', () => {
  let calls = 0;
  /** With a different query each time, so that the edge has no copy of it. */
  const answer = async (path: string) => {
    calls += 1;
    const response = await fetch(new URL(`${path}?call=${calls}`, run?.url));
    const { status, headers } = response;
    return { status, retryAfter: headers.get('retry-after'), body: await response.text() };
  };
  /** The authorizer looks for a new policy between its calls. */
  const answers = async (path: string, expected: object) =>
    await expect
      .poll(async () => await answer(path), { timeout: 15_000, interval: 200 })
      .toMatchObject(expected);

  test('one route off and on again', async () => {
    const route = 'GET /api/products/{id}';
    await ops('routes', 'disable', route, ...changed);
    await answers('/api/products/pico-4', { status: 503 });
    expect((await answer('/api/products')).status).toBe(200);
    const { routes } = (await ops('routes', 'list', ...asked)).json as { routes: object[] };
    expect(routes).toContainEqual({ route, enabled: false, reason: 'a test' });
    expect((await ops('routes', 'disable', route, ...changed)).json).toMatchObject({ changed: false });
    await ops('routes', 'enable', route, ...changed);
    await answers('/api/products/pico-4', { status: 200 });
    expect(await policy()).toMatchObject({ routes: {} });
    expect((await give('routes', 'disable', 'GET /nowhere', ...changed)).exitCode).toBe(1);
  });

  test('everything into maintenance, but health', async () => {
    await ops('maintenance', 'start', '--retry-after', '10m', ...changed);
    await answers('/api/products', { status: 503, retryAfter: '600' });
    expect((await answer('/health')).status).toBe(200);
    const partner = await answer('/partner/products');
    expect(partner).toMatchObject({ status: 503, retryAfter: '600' });
    expect(JSON.parse(partner.body)).toEqual(refusalResponses.maintenance.body);
    await ops('maintenance', 'end', ...changed);
    await answers('/api/products', { status: 200 });
    // Without an API key.
    expect((await answer('/partner/products')).status).toBe(403);
    expect((await ops('maintenance', 'end', ...changed)).json).toMatchObject({ changed: false });
  });

  test('addresses, with exceptions', async () => {
    expect(await give('addresses', 'block', '127.0.0.0/8', ...changed)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('127.0.0.0/8 contains your own address 127.0.0.1.'),
    });
    await ops('addresses', 'block', '127.0.0.0/8', '--until', '2h', '--yes', ...changed);
    await answers('/api/products', { status: 403 });
    await ops('addresses', 'allow', '127.0.0.1', ...changed);
    await answers('/api/products', { status: 200 });
    expect((await ops('addresses', 'list', ...asked)).json).toMatchObject({
      ranges: [
        { range: '127.0.0.0/8', state: 'block', until: expect.any(String), reason: expect.any(String) },
        { range: '127.0.0.1/32', state: 'allow' },
      ],
    });
    await ops('addresses', 'remove', '127.0.0.0/8', ...changed);
    await ops('addresses', 'remove', '127.0.0.1', ...changed);
    expect(await policy()).toMatchObject({ addresses: { block: [], allow: [] } });
    expect((await give('addresses', 'remove', '127.0.0.1', ...changed)).exitCode).toBe(1);
    for (const range of ['nowhere', '1.2.3.4/8/8', '1.2.3.4/x']) {
      expect((await give('addresses', 'block', range, ...changed)).exitCode).toBe(2);
    }
  });

  test('who is a canary, of which the rest stays as it was', async () => {
    await ops('cohorts', 'set', 'order', '--percent', '5%', '--users', 'ada,bob', ...changed);
    await ops('cohorts', 'set', 'order', '--percent', '20', ...changed);
    expect((await ops('cohorts', 'list', ...asked)).json).toMatchObject({
      cohorts: { order: { percent: 20, salt: 'order', users: ['ada', 'bob'] } },
    });
    await ops('cohorts', 'remove', 'order', ...changed);
    expect(await policy()).toMatchObject({ cohorts: {} });
    expect((await give('cohorts', 'remove', 'order', ...changed)).exitCode).toBe(1);
    expect((await give('cohorts', 'set', 'nobody', '--percent', '5', ...changed)).exitCode).toBe(1);
    expect(await give('cohorts', 'set', 'product', '--percent', '5', ...changed)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/"product\\" has no canary in local[\s\S]*Use one of: order\./),
    });
    expect((await give('cohorts', 'set', 'order', ...changed)).exitCode).toBe(2);
    expect((await give('cohorts', 'set', 'order', '--percent', '101', ...changed)).exitCode).toBe(2);
  });
});

describe('the edge', () => {
  const refused = async () =>
    (await ops('edge', 'list', ...asked)).json as { readonly refused: readonly Record<string, unknown>[] };

  test('networks are blocked in the form in which they are looked up', async () => {
    const dry = await ops('edge', 'block', '2001:DB8::1/64', ...changed, '--dry-run');
    expect(dry.json).toMatchObject({
      changed: false,
      dryRun: true,
      changes: [{ path: 'blocked["2001:db8:0:0::/64"]' }],
    });
    expect((await refused()).refused).toEqual([]);

    await ops('edge', 'block', '2001:DB8::1/64', ...changed, '--until', '2126-01-01');
    await ops('edge', 'block', '192.0.2.77/24', ...changed);
    expect((await refused()).refused).toEqual([
      { kind: 'address', what: '192.0.2.0/24', until: null, over: false, detail: 'a test' },
      {
        kind: 'address',
        what: '2001:db8:0:0::/64',
        until: '2126-01-01T00:00:00.000Z',
        over: false,
        detail: 'a test',
      },
    ]);
    expect((await ops('edge', 'block', '192.0.2.0/24', ...changed)).json).toMatchObject({ changed: false });
  });

  test('what has ended by itself leaves with the next change', async () => {
    const late = opsRunner({ stateFolder, now: () => Date.parse('2127-01-01') });
    expect((await late('edge', 'list', '--local')).stdout).toMatch(/2001:db8:0:0::\/64 +over/);
    await late('edge', 'unblock', '192.0.2.0/24', ...changed);
    expect((await refused()).refused).toEqual([]);
  });

  test('a list of paths that CloudFront would not keep is refused, and changes nothing', async () => {
    const path = (index: number) => `/api/${'x'.repeat(280)}${index}`;
    for (const index of [1, 2, 3]) await ops('edge', 'kill', path(index), ...changed);
    const full = await give('edge', 'kill', path(4), ...changed);
    expect(full.exitCode).toBe(1);
    expect(full.stderr).toContain('more than the 1024 of CloudFront');
    for (const index of [1, 2, 3]) await ops('edge', 'restore', path(index), ...changed);
    expect((await refused()).refused).toEqual([]);
  });

  test('two operators at once do not undo one another', async () => {
    const ended = await Promise.all(
      Array.from({ length: 6 }, (_, index) => give('edge', 'kill', `/api/p${index}`, ...changed)),
    );
    const codes = ended.map(({ exitCode }) => exitCode);
    expect(codes.every((code) => code === 0 || code === 3)).toBe(true);
    expect((await refused()).refused).toHaveLength(codes.filter((code) => code === 0).length);
    for (const { what } of (await refused()).refused) await ops('edge', 'restore', String(what), ...changed);
  });
});

launchDayCases({ give, ops, asked, changed, policy: () => policy() });
