import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { type SampleResources, sampleDeployment } from '../../engine/testing/literal-deployment.ts';
import { UnsupportedFeatures } from '../../engine/unsupported.ts';
import { listen } from '../../http/server.ts';
import { startTestServer, type TestServer } from '../../http/testing/test-server.ts';
import { compileLoadBalancers } from './load-balancer.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

const v2 = 'AWS::ElasticLoadBalancingV2::';
const fixed = (StatusCode: string) => ({
  Type: 'fixed-response',
  FixedResponseConfig: { StatusCode, ContentType: 'application/json', MessageBody: `{"rule":${StatusCode}}` },
});
const rule = (Priority: number, Conditions: readonly unknown[], action: unknown) => ({
  type: `${v2}ListenerRule`,
  properties: { ListenerArn: 'test.Listener', Priority, Conditions, Actions: [action] },
});
const group = (attributes: Readonly<Record<string, string>> = {}) => ({
  type: `${v2}TargetGroup`,
  properties: {
    Protocol: 'HTTP',
    TargetType: 'ip',
    HealthCheckPath: '/healthz',
    TargetGroupAttributes: Object.entries(attributes).map(([Key, Value]) => ({ Key, Value })),
  },
});
const forward = { Type: 'forward', TargetGroupArn: 'test.Targets' };

async function start(
  rules: SampleResources,
  {
    targets = {},
    attributes = {},
    now = Date.now,
  }: {
    targets?: Record<string, TestServer[]>;
    attributes?: Record<string, string>;
    now?: () => number;
  } = {},
) {
  const deployment = sampleDeployment({
    Balancer: {
      type: `${v2}LoadBalancer`,
      properties: {
        LoadBalancerAttributes: Object.entries(attributes).map(([Key, Value]) => ({ Key, Value })),
      },
    },
    Listener: {
      type: `${v2}Listener`,
      properties: {
        LoadBalancerArn: 'test.Balancer',
        Port: 80,
        Protocol: 'HTTP',
        DefaultActions: [fixed('403')],
      },
    },
    Targets: group(),
    ...rules,
  });
  const findings = new UnsupportedFeatures();
  const balancers = compileLoadBalancers(
    deployment,
    { targets: (id) => targets[id.replace('test.', '')] ?? [], now },
    findings,
  );
  findings.throwIfAny();
  const [listener] = balancers.listeners;
  if (listener === undefined) throw new Error('no listener');
  const layer = await listen(listener.handle, {
    host: '127.0.0.1',
    port: 0,
    name: 'load balancer',
    maxHeaderBytes: 65_536,
    notice: () => undefined,
  });
  balancers.start();
  stops.push(balancers.close, layer.close);
  return async (path: string, options: Parameters<typeof request>[1] = {}) => {
    const { statusCode, headers, body } = await request(`${layer.url}${path}`, options);
    return { status: statusCode, headers, body: await body.text() };
  };
}

/** A target that is well as long as `well` says, and answers its name. */
async function target(name: string, well: () => boolean = () => true): Promise<TestServer> {
  const server = await startTestServer((response, { url }) => {
    if (url === '/healthz') response.writeHead(well() ? 200 : 500).end();
    else response.end(name);
  });
  stops.push(server.close);
  return server;
}

describe('rules', () => {
  const headerIs = (HttpHeaderName: string, ...Values: string[]) => ({
    Field: 'http-header',
    HttpHeaderConfig: { HttpHeaderName, Values },
  });
  const rules = {
    Last: rule(
      50,
      [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/api/*', '/v?/x'] } }],
      fixed('250'),
    ),
    First: rule(1, [headerIs('x-gw-decision', 'throttled'), headerIs('x-gw-service', 'or*')], fixed('429')),
    Host: rule(10, [{ Field: 'host-header', HostHeaderConfig: { Values: ['*.Example.com'] } }], fixed('210')),
    Method: rule(
      11,
      [{ Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['PURGE', 'DELETE'] } }],
      fixed('211'),
    ),
    Query: rule(
      12,
      [{ Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'v', Value: 'beta*' }] } }],
      fixed('212'),
    ),
    Moved: rule(13, [{ Field: 'path-pattern', Values: ['/old/*'] }], {
      Type: 'redirect',
      RedirectConfig: { StatusCode: 'HTTP_301', Protocol: 'HTTPS', Port: '443', Path: '/new/#{path}' },
    }),
    Elsewhere: rule(14, [{ Field: 'source-ip', SourceIpConfig: { Values: ['10.0.0.0/8'] } }], fixed('214')),
  };

  it.each([
    [
      'all conditions of a rule',
      '/api/x',
      { headers: { 'x-gw-decision': 'Throttled', 'x-gw-service': 'order' } },
      429,
    ],
    ['one condition of two is not enough', '/api/x', { headers: { 'x-gw-decision': 'throttled' } }, 250],
    [
      'any value of a repeated header',
      '/',
      { headers: ['x-gw-decision', 'a', 'x-gw-decision', 'throttled', 'x-gw-service', 'order'] },
      429,
    ],
    ['a host whatever its case', '/', { headers: { host: 'SHOP.example.COM:80' } }, 210],
    ['a method', '/', { method: 'DELETE' }, 211],
    ['a parameter', '/?a=1&V=Beta2', {}, 212],
    ['a pattern of the path', '/v1/x', {}, 250],
    ['case of the path', '/API/x', {}, 403],
    ['nothing: the default', '/other', {}, 403],
  ] as const)('match %s', async (_, path, options, status) => {
    const call = await start(rules);
    const answer = await call(path, options as Parameters<typeof request>[1]);
    expect([answer.status, answer.headers['content-type'], answer.headers['server']]).toEqual([
      status,
      'application/json',
      'awselb/2.0',
    ]);
    expect(answer.body).toBe(`{"rule":${status}}`);
  });

  it('redirect', async () => {
    const call = await start(rules);
    const answer = await call('/old/a%20b?x=1', { headers: { host: 'a.example:80' } });
    expect([answer.status, answer.headers['location']]).toEqual([
      301,
      'https://a.example:443/new/old/a%20b?x=1',
    ]);
  });
});

describe('targets', () => {
  const all = { All: rule(1, [{ Field: 'path-pattern', Values: ['*'] }], forward) };

  it('take turns, and see where a request came from', async () => {
    const [one, two] = [await target('one'), await target('two')];
    const call = await start(all, { targets: { Targets: [one, two] } });
    await expect.poll(() => one.received.length * two.received.length).toBeGreaterThan(0);
    const answers = [];
    for (let turn = 0; turn < 4; turn += 1) answers.push((await call('/x')).body);
    expect(answers.toSorted()).toEqual(['one', 'one', 'two', 'two']);
    await call('/x', { headers: { 'x-forwarded-for': '192.0.2.7', x_bad: '1' } });
    const last = [...one.received, ...two.received].find(({ headers }) => headers['x_bad'] === '1');
    expect(last?.headers).toMatchObject({
      'x-forwarded-for': '192.0.2.7, 127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': '80',
    });
  });

  it('that fail their check get nothing, unless all do', async () => {
    let secondWell = false;
    const [one, two] = [await target('one'), await target('two', () => secondWell)];
    const call = await start(all, { targets: { Targets: [one, two] } });
    await expect.poll(() => two.received.length).toBeGreaterThan(2);
    for (let turn = 0; turn < 4; turn += 1) expect((await call('/x')).body).toBe('one');
    secondWell = true;
    await expect.poll(async () => (await call('/x')).body).toBe('two');

    const sick = await target('sick', () => false);
    const failsOpen = await start(all, { targets: { Targets: [sick] } });
    expect((await failsOpen('/x')).body).toBe('sick');
  });

  it('that are gone are a 502, none at all a 503', async () => {
    const gone = await target('gone');
    await gone.close();
    expect((await (await start(all, { targets: { Targets: [gone] } }))('/x')).status).toBe(502);
    expect((await (await start(all))('/x')).status).toBe(503);
  });

  it('that do not answer in the idle timeout are a 504', async () => {
    const silent = await startTestServer((response, { url }) => {
      if (url === '/healthz') response.end();
    });
    stops.push(silent.close);
    const call = await start(all, {
      targets: { Targets: [silent] },
      attributes: { 'idle_timeout.timeout_seconds': '0.1' },
    });
    expect((await call('/x')).status).toBe(504);
  });

  it('that leave end what they have begun, and get nothing new', async () => {
    const open: (() => void)[] = [];
    const leaving = await startTestServer((response, { url }) => {
      if (url === '/healthz') response.end();
      else open.push(() => response.end('done'));
    });
    stops.push(leaving.close);
    const targets = [leaving];
    const call = await start(all, { targets: { Targets: targets } });
    const begun = call('/x');
    await expect.poll(() => open.length).toBe(1);
    targets.pop();
    expect((await call('/x')).status).toBe(503);
    for (const end of open) end();
    expect((await begun).body).toBe('done');
  });

  it('share by weight', async () => {
    const [stable, canary] = [await target('stable'), await target('canary')];
    const call = await start(
      {
        All: rule(1, [{ Field: 'path-pattern', Values: ['*'] }], {
          Type: 'forward',
          ForwardConfig: {
            TargetGroups: [
              { TargetGroupArn: 'test.Targets', Weight: 3 },
              { TargetGroupArn: 'test.Canary', Weight: 1 },
            ],
          },
        }),
        Canary: group(),
      },
      { targets: { Targets: [stable], Canary: [canary] } },
    );
    const answers = [];
    for (let turn = 0; turn < 8; turn += 1) answers.push((await call('/x')).body);
    expect(answers.filter((name) => name === 'canary')).toHaveLength(2);
  });

  it('are servers at known addresses, too', async () => {
    const server = await target('server');
    const named = {
      ...group(),
      properties: { ...group().properties, Targets: [{ Id: server.host, Port: server.port }] },
    };
    const call = await start({ ...all, Targets: named });
    expect((await call('/x')).body).toBe('server');
  });

  it('get a growing share while they start slowly beside others', async () => {
    let nowMs = 1_000_000;
    const first = await target('first');
    const targets = [first];
    const call = await start(
      { ...all, Targets: group({ 'slow_start.duration_seconds': '60' }) },
      { targets: { Targets: targets }, now: () => nowMs },
    );
    await expect.poll(() => first.received.length).toBeGreaterThan(0);
    // Nobody is there to spare it.
    expect((await call('/x')).body).toBe('first');

    const second = await target('second');
    targets.push(second);
    const shareOfSecond = async () => {
      const answers = [];
      for (let turn = 0; turn < 30; turn += 1) answers.push((await call('/x')).body);
      return answers.filter((name) => name === 'second').length;
    };
    await call('/x');
    await expect.poll(() => second.received.length).toBeGreaterThan(0);
    await expect.poll(async () => (await call('/healthz')).status).toBe(200);
    expect(await shareOfSecond()).toBeLessThanOrEqual(1);
    nowMs += 30_000;
    // Half a share beside a whole one: a third of the calls.
    expect(Math.abs((await shareOfSecond()) - 10)).toBeLessThanOrEqual(1);
    nowMs += 30_000;
    expect(Math.abs((await shareOfSecond()) - 15)).toBeLessThanOrEqual(1);
  });

  it('with the fewest requests under way come first where that is asked for', async () => {
    const open: (() => void)[] = [];
    const busy = await startTestServer((response, { url }) => {
      if (url === '/healthz') response.end();
      else open.push(() => response.end('busy'));
    });
    stops.push(busy.close);
    const targets: TestServer[] = [busy];
    const call = await start(
      { ...all, Targets: group({ 'load_balancing.algorithm.type': 'least_outstanding_requests' }) },
      { targets: { Targets: targets } },
    );
    const waiting = call('/x');
    await expect.poll(() => open.length).toBe(1);
    const idle = await target('idle');
    targets.push(idle);
    await expect.poll(async () => (await call('/healthz')).status).toBe(200);
    await expect.poll(() => idle.received.length).toBeGreaterThan(0);
    for (let turn = 0; turn < 3; turn += 1) expect((await call('/x')).body).toBe('idle');
    for (const end of open) end();
    expect((await waiting).body).toBe('busy');
  });
});

describe('stickiness', () => {
  const sticky = {
    All: rule(1, [{ Field: 'path-pattern', Values: ['*'] }], forward),
    Targets: group({
      'stickiness.enabled': 'true',
      'stickiness.type': 'lb_cookie',
      'stickiness.lb_cookie.duration_seconds': '60',
    }),
  };
  const cookieOf = (headers: Readonly<Record<string, unknown>>) => {
    const lines = [headers['set-cookie']].flat().map(String);
    expect(lines.map((line) => line.split('=')[0])).toEqual(['AWSALB', 'AWSALBCORS']);
    expect(lines[0]).toMatch(/; Expires=[^;]+ GMT; Path=\/$/);
    expect(lines[1]).toMatch(/; SameSite=None; Secure$/);
    return lines.map((line) => line.split(';')[0]).join('; ');
  };

  it('keeps a caller with one target until its time is over or the target is gone', async () => {
    let nowMs = 1_000_000;
    const [one, two] = [await target('one'), await target('two')];
    const targets = [one, two];
    const call = await start(sticky, { targets: { Targets: targets }, now: () => nowMs });
    await expect.poll(() => one.received.length * two.received.length).toBeGreaterThan(0);
    const { body: bound, headers } = await call('/x');
    const cookie = cookieOf(headers);
    const answers = async (value: string) => {
      const bodies = new Set<string>();
      for (let turn = 0; turn < 4; turn += 1)
        bodies.add((await call('/x', { headers: { cookie: value } })).body);
      return [...bodies];
    };
    expect(await answers(`theme=dark; ${cookie}`)).toEqual([bound]);
    // Whoever makes a cookie of their own is nobody's.
    expect(await answers(cookie.replaceAll(/(AWSALB(CORS)?=.)./g, '$1_'))).toHaveLength(2);
    nowMs += 61_000;
    expect(await answers(cookie)).toHaveLength(2);

    const again = cookieOf((await call('/x')).headers);
    targets.splice(0, 1);
    expect(await answers(again)).toEqual(['two']);
  });

  it('is nobody’s where it was not asked for', async () => {
    const call = await start({ All: sticky.All }, { targets: { Targets: [await target('one')] } });
    expect((await call('/x')).headers['set-cookie']).toBeUndefined();
  });
});

it('refuses what it does not emulate', async () => {
  const asked = {
    Jwt: rule(1, [{ Field: 'path-pattern', RegexValues: ['x'] }], { Type: 'jwt-validation' }),
    Targets: group({
      'stickiness.enabled': 'true',
      'stickiness.type': 'app_cookie',
      'some.new.attribute': 'x',
    }),
  };
  const failure = await start(asked).then(
    () => '',
    (error: unknown) => String(error),
  );
  expect(failure).toContain('ListenerRule.Conditions[0].RegexValues: is not emulated.');
  expect(failure).toContain('Type jwt-validation is not emulated');
  expect(failure).toContain('TargetGroupAttributes.stickiness.type: app_cookie is not emulated.');
  expect(failure).toContain('TargetGroup.attribute some.new.attribute');
});
