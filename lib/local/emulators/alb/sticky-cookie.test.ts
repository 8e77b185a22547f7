import { afterEach, describe, expect, test } from 'vitest';
import {
  forward,
  group,
  rule,
  startLoadBalancer as start,
  stopLoadBalancers,
  startTarget as target,
} from './testing/start-load-balancer.ts';

afterEach(stopLoadBalancers);

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

  test('binds a client to one target until the cookie expires or the target ends', async () => {
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
    // A forged cookie binds to no target.
    expect(await answers(cookie.replaceAll(/(AWSALB(CORS)?=.)./g, '$1_'))).toHaveLength(2);
    nowMs += 61_000;
    expect(await answers(cookie)).toHaveLength(2);

    const again = cookieOf((await call('/x')).headers);
    targets.splice(0, 1);
    expect(await answers(again)).toEqual(['two']);
  });

  test('is off by default', async () => {
    const call = await start({ All: sticky.All }, { targets: { Targets: [await target('one')] } });
    expect((await call('/x')).headers['set-cookie']).toBeUndefined();
  });
});
