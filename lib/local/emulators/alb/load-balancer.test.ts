import type { request } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../http/testing/test-server.ts';
import {
  fixed,
  forward,
  group,
  rule,
  startLoadBalancer as start,
  stopLoadBalancers,
  stops,
  startTarget as target,
} from './testing/start-load-balancer.ts';

afterEach(stopLoadBalancers);

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

  test.each([
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

  test('redirect', async () => {
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

  test('take turns and receive the address of the client', async () => {
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

  test('that fail their health check get no requests, unless all fail', async () => {
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

  test('that have ended cause a 502; an empty group causes a 503', async () => {
    const gone = await target('gone');
    await gone.close();
    expect((await (await start(all, { targets: { Targets: [gone] } }))('/x')).status).toBe(502);
    expect((await (await start(all))('/x')).status).toBe(503);
  });

  test('that do not respond within the idle timeout cause a 504', async () => {
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

  test('that are deregistered finish pending requests and get no new ones', async () => {
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

  test('receive requests in proportion to their weights', async () => {
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

  test('can be servers at fixed addresses', async () => {
    const server = await target('server');
    const named = {
      ...group(),
      properties: { ...group().properties, Targets: [{ Id: server.host, Port: server.port }] },
    };
    const call = await start({ ...all, Targets: named });
    expect((await call('/x')).body).toBe('server');
  });

  test('receive a growing share during the slow start', async () => {
    let nowMs = 1_000_000;
    const first = await target('first');
    const targets = [first];
    const call = await start(
      { ...all, Targets: group({ 'slow_start.duration_seconds': '60' }) },
      { targets: { Targets: targets }, now: () => nowMs },
    );
    await expect.poll(() => first.received.length).toBeGreaterThan(0);
    // It is the only target, so it has no slow start.
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
    // Half the weight of the other target: a third of the calls.
    expect(Math.abs((await shareOfSecond()) - 10)).toBeLessThanOrEqual(1);
    nowMs += 30_000;
    expect(Math.abs((await shareOfSecond()) - 15)).toBeLessThanOrEqual(1);
  });

  test('with the fewest pending requests come first with least_outstanding_requests', async () => {
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

test('refuses unsupported properties', async () => {
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
