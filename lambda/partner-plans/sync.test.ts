import { afterEach, describe, expect, test } from 'vitest';
import type { PolledConfiguration } from '../../runtime/aws/appconfig-data.ts';
import { startTestHttpServer, type TestHttpServer } from '../../runtime/http/testing/test-server.ts';
import { createLog } from '../../runtime/logging/log.ts';
import { type PlanLimits, type UsagePlanSettings, usagePlanSettings } from './contract.ts';
import { createSync } from './sync.ts';
import { createUsagePlans, type UsagePlans } from './usage-plans.ts';

const plans: Record<string, PlanLimits> = {
  free: { requestsPerMonth: 10_000, rate: { requests: 600, periodSeconds: 60, burst: 60 } },
  pro: { requestsPerMonth: null },
};
const document = (policy: object): PolledConfiguration => ({
  kind: 'document',
  text: JSON.stringify({ schema: 1, version: 'v1', ...policy }),
  nextPollSeconds: 60,
});

/** Usage plans in memory: patched as the operations define, and recorded. */
function memory(native: Record<string, UsagePlanSettings>, failing: readonly string[] = []) {
  const patches: string[] = [];
  const usagePlans: UsagePlans = {
    read: (id) =>
      failing.includes(id)
        ? Promise.reject(new Error('GET answered 500'))
        : Promise.resolve(native[id] ?? { throttle: null, quota: null }),
    patch: (id, operations) => {
      patches.push(...operations.map(({ op, path, value = '' }) => `${id} ${op} ${path} ${value}`.trim()));
      return Promise.resolve();
    },
  };
  return { usagePlans, patches };
}

function sync(polled: PolledConfiguration | Error, usagePlans: UsagePlans) {
  const metrics: Record<string, unknown>[] = [];
  const log: string[] = [];
  const run = createSync({
    plans,
    usagePlanIds: { free: 'id-free', pro: 'id-pro' },
    readPolicy: () => (polled instanceof Error ? Promise.reject(polled) : Promise.resolve(polled)),
    usagePlans,
    environment: 'test',
    writeMetrics: (line) => metrics.push(JSON.parse(line) as Record<string, unknown>),
    log: createLog((line) => log.push(line)),
    now: () => 1_000,
  });
  return { run, metrics, log };
}

const asCatalogue = {
  'id-free': usagePlanSettings(plans['free'] as PlanLimits),
  'id-pro': usagePlanSettings(plans['pro'] as PlanLimits),
};

describe('the sync of usage plans', () => {
  test('changes nothing when plans are equal, and reports no drift', async () => {
    const { usagePlans, patches } = memory(asCatalogue);
    const { run, metrics } = sync({ kind: 'absent' }, usagePlans);
    expect(await run()).toEqual({ changed: [], unchanged: ['free', 'pro'], drifting: [] });
    expect(patches).toEqual([]);
    expect(metrics).toEqual([expect.objectContaining({ environment: 'test', PartnerPlanDrift: 0 })]);
  });

  test("applies the runtime policy's terms to a usage plan", async () => {
    const { usagePlans, patches } = memory(asCatalogue);
    const policy = document({
      plans: {
        free: { requestsPerMonth: 5, bytesPerMonth: 1, rate: { requests: 90, periodSeconds: 60, burst: 3 } },
        pro: { requestsPerMonth: 7, bytesPerMonth: null },
      },
    });
    expect(await sync(policy, usagePlans).run()).toEqual({
      changed: ['free', 'pro'],
      unchanged: [],
      drifting: [],
    });
    expect(patches).toEqual([
      'id-free replace /throttle/rateLimit 1.5',
      'id-free replace /throttle/burstLimit 3',
      'id-free replace /quota/limit 5',
      'id-pro add /quota/limit 7',
      'id-pro add /quota/period MONTH',
    ]);
  });

  test("restores the catalogue's terms when the runtime policy no longer names a plan", async () => {
    const { usagePlans, patches } = memory({
      'id-free': { throttle: null, quota: { limit: 3, period: 'MONTH' } },
      'id-pro': { throttle: { rateLimit: 1, burstLimit: 1 }, quota: { limit: 1, period: 'MONTH' } },
    });
    await sync(document({}), usagePlans).run();
    expect(patches).toEqual([
      'id-free add /throttle/rateLimit 10',
      'id-free add /throttle/burstLimit 60',
      'id-free replace /quota/limit 10000',
      'id-pro remove /throttle',
      'id-pro remove /quota',
    ]);
  });

  test('counts a plan that cannot be compared, and continues with the others', async () => {
    const { usagePlans, patches } = memory({ 'id-pro': { throttle: null, quota: null } }, ['id-free']);
    const { run, metrics, log } = sync(
      document({ plans: { pro: { requestsPerMonth: 1, bytesPerMonth: 1 } } }),
      usagePlans,
    );
    expect(await run()).toEqual({ changed: ['pro'], unchanged: [], drifting: ['free'] });
    expect(patches).toContain('id-pro add /quota/limit 1');
    expect(metrics).toEqual([expect.objectContaining({ PartnerPlanDrift: 1 })]);
    expect(log.join()).toContain('GET answered 500');
  });

  test.each([
    ['cannot be read', new Error('AppConfig answered 500'), 'AppConfig answered 500'],
    ['is not valid', document({ plans: 1 }), 'The runtime policy is not valid.'],
  ])('changes nothing and counts every plan when the runtime policy %s', async (_, polled, message) => {
    const { usagePlans, patches } = memory({});
    const { run, metrics } = sync(polled, usagePlans);
    await expect(run()).rejects.toThrow(message);
    expect(patches).toEqual([]);
    expect(metrics).toEqual([expect.objectContaining({ PartnerPlanDrift: 2 })]);
  });

  test('ignores a plan that only the runtime policy has', async () => {
    const { usagePlans, patches } = memory(asCatalogue);
    const policy = document({ plans: { gold: { requestsPerMonth: 1, bytesPerMonth: 1 } } });
    expect(await sync(policy, usagePlans).run()).toMatchObject({ changed: [] });
    expect(patches).toEqual([]);
  });
});

test('rounds a fraction of a rate and a number over 32 bits to valid values', () => {
  expect(
    usagePlanSettings({
      requestsPerMonth: 10 ** 12,
      rate: { requests: 1, periodSeconds: 3, burst: 10 ** 12 },
    }),
  ).toEqual({
    throttle: { rateLimit: 0.3333333333, burstLimit: 2_147_483_647 },
    quota: { limit: 2_147_483_647, period: 'MONTH' },
  });
});

describe("API Gateway's control plane", () => {
  let server: TestHttpServer | undefined;
  afterEach(() => server?.close());

  const start = async (status: number, answer: object): Promise<UsagePlans> => {
    server = await startTestHttpServer(() => ({ status, body: JSON.stringify(answer) }));
    const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', region: 'eu-west-1' };
    return createUsagePlans(credentials, server.url);
  };

  test('is called for a usage plan with a signature', async () => {
    const usagePlans = await start(200, { id: 'a1', throttle: { rateLimit: 10.0, burstLimit: 2 } });
    expect(await usagePlans.read('a1')).toEqual({ throttle: { rateLimit: 10, burstLimit: 2 }, quota: null });
    expect(server?.calls).toEqual([
      expect.objectContaining({ method: 'GET', url: '/usageplans/a1', body: '' }),
    ]);
    expect(server?.calls[0]?.headers.authorization).toContain('/eu-west-1/apigateway/aws4_request');
  });

  test.each([{}, { throttle: {}, quota: {} }, { throttle: null, quota: null }])(
    'reports a plan without limits as unlimited: %j',
    async (answer) => {
      const usagePlans = await start(200, answer);
      expect(await usagePlans.read('a1')).toEqual({ throttle: null, quota: null });
    },
  );

  test('receives the changes', async () => {
    const usagePlans = await start(200, {});
    await usagePlans.patch('a1', [{ op: 'remove', path: '/quota' }]);
    expect(server?.calls).toEqual([
      expect.objectContaining({
        method: 'PATCH',
        url: '/usageplans/a1',
        body: '{"patchOperations":[{"op":"remove","path":"/quota"}]}',
      }),
    ]);
  });

  test('rejects with any other status', async () => {
    const usagePlans = await start(429, { message: 'Too Many Requests' });
    await expect(usagePlans.read('a1')).rejects.toThrow(/GET \/usageplans\/a1 .* answered 429/);
  });
});
