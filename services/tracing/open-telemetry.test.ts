import { expect, test } from 'vitest';
import { startCollector } from './collector-testing.ts';
import { startTracing } from './open-telemetry.ts';

const nowMs = () => 0x6789_1233 * 1000;
const tracingTo = (endpoint: string, sampledRatio = 1) =>
  startTracing({ endpoint, sampledRatio }, { service: 'order', environment: 'test', log: () => {}, nowMs });
const request = (headers = {}) => new Request('http://order/api/orders?q=secret', { headers });
const served = async () => ({ status: 200, route: '/api/orders' });

test('spans that a slow collector does not take are dropped beyond a bound', async () => {
  let take = () => {};
  const collector = await startCollector(
    new Promise((resolve) => {
      take = resolve;
    }),
  );
  const tracing = tracingTo(collector.url);
  await Promise.all(Array.from({ length: 5_000 }, () => tracing.serve(request(), {}, served)));
  await collector.collected(1);
  take();
  await tracing.stop();
  // One batch on its way, and what may wait.
  expect(collector.spans.length).toBeLessThanOrEqual(512 + 2_048);
  expect(collector.spans.length).toBeGreaterThanOrEqual(2_048);
});

test('a trace that begins here has an id that X-Ray can date, and no query', async () => {
  const collector = await startCollector();
  const tracing = tracingTo(collector.url);
  let traceId: string | undefined;
  await tracing.serve(request(), {}, async () => {
    traceId = tracing.traceId();
    return served();
  });
  await tracing.stop();
  expect(traceId).toMatch(/^67891233[0-9a-f]{24}$/);
  expect(tracing.traceId()).toBeUndefined();
  expect(collector.spans).toMatchObject([{ traceId, name: 'GET /api/orders' }]);
  expect(JSON.stringify(collector.spans)).not.toContain('secret');
});

test('what is not sampled is not sent, and the next service is told so', async () => {
  const collector = await startCollector();
  const tracing = tracingTo(collector.url, 0);
  const sent: (string | null)[] = [];
  const send = tracing.traced('product', (outgoing) => {
    sent.push(outgoing.headers.get('traceparent'));
    return new Response();
  });
  const call = async () => {
    await send(new Request('http://product/'));
    return served();
  };
  await tracing.serve(request(), {}, call);
  // The caller's word goes before the ratio.
  await tracing.serve(
    request({
      'x-amzn-trace-id': 'Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1',
    }),
    {},
    call,
  );
  await tracing.stop();
  expect(sent[0]).toMatch(/^00-67891233[0-9a-f]{24}-[0-9a-f]{16}-00$/);
  expect(sent[1]).toMatch(/^00-67891233abcdef012345678912345678-[0-9a-f]{16}-01$/);
  expect(collector.spans.map(({ kind }) => kind)).toEqual([3, 2]);
  expect(collector.spans.find(({ kind }) => kind === 2)?.parentSpanId).toBe('53995c3f42cd8ad8');
});

test('failures are marked: answers of 500 and above, and calls that get none', async () => {
  const collector = await startCollector();
  const tracing = tracingTo(collector.url);
  const send = tracing.traced('product', () => {
    throw new Error('refused');
  });
  await tracing.serve(request(), {}, async () => ({ status: 503, route: null }));
  await expect(send(new Request('http://product:8080/x'))).rejects.toThrow('refused');
  await tracing.stop();
  expect(collector.spans.map(({ name, status }) => [name, status])).toEqual([
    ['GET', 2],
    ['GET product', 2],
  ]);
});
