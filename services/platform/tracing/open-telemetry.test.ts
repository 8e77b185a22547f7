import { expect, test } from 'vitest';
import { startTracing } from './open-telemetry.ts';
import { startCollector } from './testing/collector.ts';

const nowMs = () => 0x6789_1233 * 1000;
const tracingTo = (endpoint: string, sampledRatio = 1) =>
  startTracing({ endpoint, sampledRatio }, { service: 'order', environment: 'test', log: () => {}, nowMs });
const request = (headers = {}) => new Request('http://order/api/orders?q=secret', { headers });
const served = async () => ({ status: 200, route: '/api/orders' });

test('drops spans beyond the queue limit while the collector is slow', async () => {
  let accept = () => {};
  const collector = await startCollector(
    new Promise((resolve) => {
      accept = resolve;
    }),
  );
  const tracing = tracingTo(collector.url);
  await Promise.all(Array.from({ length: 5_000 }, () => tracing.serve(request(), {}, served)));
  await collector.collected(1);
  accept();
  await tracing.stop();
  // One batch that is being sent, and the queue.
  expect(collector.spans.length).toBeLessThanOrEqual(512 + 2_048);
  expect(collector.spans.length).toBeGreaterThanOrEqual(2_048);
});

test('starts a trace with an X-Ray compatible id, and records no query', async () => {
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

/** Headers by which a caller could try to decide whether its trace is sampled. */
const callerHeaders = [
  { traceparent: '00-67891233abcdef012345678912345678-53995c3f42cd8ad8-01' },
  { traceparent: '00-67891233abcdef012345678912345678-53995c3f42cd8ad8-00' },
  // An id that a ratio sampler would keep, and one that it would drop.
  { traceparent: '00-00000000000000000000000000000001-53995c3f42cd8ad8-00' },
  { traceparent: '00-ffffffffffffffffffffffffffffffff-53995c3f42cd8ad8-01' },
  { 'x-amzn-trace-id': 'Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1' },
  { 'x-amzn-trace-id': 'Root=1-00000000-000000000000000000000001' },
];

test('does not sample a trace at the request of its caller, and passes the decision on', async () => {
  const collector = await startCollector();
  const tracing = tracingTo(collector.url, 0);
  const sent: (string | null)[] = [];
  const send = tracing.traced('product', (outgoing) => {
    sent.push(outgoing.headers.get('traceparent'));
    return new Response();
  });
  for (const headersOfCaller of [{}, ...callerHeaders]) {
    const headers = { 'x-gw-decision': 'allow', 'x-request-id': 'r-1', ...headersOfCaller };
    await tracing.serve(request(headers), {}, async () => {
      await send(new Request('http://product/'));
      return served();
    });
  }
  await tracing.stop();
  expect(sent.map((header) => header?.slice(-3))).toEqual(sent.map(() => '-00'));
  expect(sent[1]).toMatch(/^00-67891233abcdef012345678912345678-/);
  expect(sent[5]).toMatch(/^00-67891233abcdef012345678912345678-/);
  expect(collector.spans).toEqual([]);
});

test('does not drop a trace at the request of its caller, and continues its ids', async () => {
  const collector = await startCollector();
  const tracing = tracingTo(collector.url, 1);
  for (const headersOfCaller of callerHeaders) {
    const headers = { 'x-gw-decision': 'allow', 'x-request-id': 'r-1', ...headersOfCaller };
    await tracing.serve(request(headers), {}, served);
  }
  await tracing.stop();
  expect(collector.spans).toHaveLength(callerHeaders.length);
  expect(collector.spans[0]).toMatchObject({
    traceId: '67891233abcdef012345678912345678',
    parentSpanId: '53995c3f42cd8ad8',
  });
});

test('samples a fraction of the calls by their request ids, the same ones in every service', async () => {
  const collector = await startCollector();
  const sampledFlags = async () => {
    const tracing = tracingTo(collector.url, 0.5);
    const flags: string[] = [];
    const send = tracing.traced('product', (outgoing) => {
      flags.push(outgoing.headers.get('traceparent')?.slice(-2) ?? '');
      return new Response();
    });
    for (let index = 0; index < 200; index += 1) {
      const headers = { 'x-gw-decision': 'allow', 'x-request-id': `r-${index}`, ...callerHeaders[index % 4] };
      await tracing.serve(request(headers), {}, async () => {
        await send(new Request('http://product/'));
        return served();
      });
    }
    await tracing.stop();
    return flags;
  };
  const [one, other] = [await sampledFlags(), await sampledFlags()];
  expect(one).toEqual(other);
  const share = one.filter((flag) => flag === '01').length / one.length;
  expect(share).toBeGreaterThan(0.35);
  expect(share).toBeLessThan(0.65);
});

test('follows the sampling decision of another service', async () => {
  const collector = await startCollector();
  const tracing = tracingTo(collector.url, 0);
  await tracing.serve(request(callerHeaders[0]), {}, served);
  await tracing.serve(request(callerHeaders[1]), {}, served);
  await tracing.stop();
  expect(collector.spans).toHaveLength(1);
});

test('marks spans as failed for statuses of 500 and above, and for calls without a response', async () => {
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
