import { expect, test } from 'vitest';
import type { ViewerEvent } from './viewer-event.ts';
import { loadViewerFunction } from './viewer-function.ts';

const event = {
  version: '1.0',
  context: { distributionDomainName: 'd', distributionId: 'i', eventType: 'viewer-request', requestId: 'r' },
  viewer: { ip: '192.0.2.1' },
  request: { method: 'GET', uri: '/', querystring: {}, headers: {}, cookies: {} },
} satisfies ViewerEvent;

const code = (body: string) =>
  `import cf from "cloudfront";\nconst store = cf.kvs();\nasync function handler(event) { ${body} }`;

test('reads the current values of its key-value store', async () => {
  const values = new Map([['there', '{"a":1}']]);
  const run = loadViewerFunction(
    code(`return { statusCode: 200, statusDescription: [
      await store.get('there'), (await store.get('there', { format: 'json' })).a, await store.exists('there'),
      await store.exists('missing'), await store.get('missing').catch(() => 'rejected')].join(' ') };`),
    () => undefined,
    (key) => values.get(key),
  );
  const said = () => {
    const result = run(event);
    return result.ok && 'statusDescription' in result.value ? result.value.statusDescription : result;
  };
  expect(said()).toBe('{"a":1} 1 true false rejected');
  values.set('there', '{"a":2}');
  expect(said()).toBe('{"a":2} 2 true false rejected');
});

test('has no access to Node.js', () => {
  const run = loadViewerFunction(
    code(`return { statusCode: typeof process === 'undefined' ? 200 : 500 };`),
    () => undefined,
  );
  expect(run(event)).toEqual({ ok: true, value: { statusCode: 200 } });
});
