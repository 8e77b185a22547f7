import { beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase, hasPostgres, postgresNote } from '../../../test/support/postgres.ts';
import { portOf, testTasks } from '../../testing/tasks.ts';
import { startCollector, type TestCollector } from './testing/collector.ts';

const tasks = testTasks();
let collector: TestCollector;
beforeAll(async () => {
  collector = await startCollector();
});

const callerTrace = '0af7651916cd43dd8448eb211c80319c';
const callerSpan = 'b7ad6b7169203331';

test.runIf(hasPostgres)(
  `an order and its call for prices share one trace, from the caller to the product service${postgresNote}`,
  async () => {
    const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    const product = tasks.start({ ...traced, ROLE: 'product', DATABASE_URL: await freshDatabase() });
    const order = tasks.start({
      ...traced,
      ROLE: 'order',
      DATABASE_URL: await freshDatabase(),
      PRODUCT_URL: `http://127.0.0.1:${await portOf(product)}`,
      INVENTORY_URL: 'http://127.0.0.1:1',
      PAYMENT_URL: 'http://127.0.0.1:1',
    });
    const answer = await fetch(`http://127.0.0.1:${await portOf(order)}/api/orders`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-user-id': 'carol',
        'x-request-id': 'r-1',
        traceparent: `00-${callerTrace}-${callerSpan}-01`,
      },
      body: JSON.stringify({ items: [{ productId: 'pico-4', quantity: 1 }] }),
    });
    expect(answer.status).toBe(201);
    const lines = await Promise.all([order.line('request'), product.line('request')]);
    expect(lines.map((line) => line['traceId'])).toEqual([callerTrace, callerTrace]);

    // The remaining spans are exported at the stop.
    for (const { child } of [order, product]) child.kill('SIGTERM');
    expect(await Promise.all([order.exit, product.exit])).toEqual([
      [0, null],
      [0, null],
    ]);
    const ofTrace = collector.spans.filter(({ traceId }) => traceId === callerTrace);
    expect(ofTrace).toHaveLength(3);
    const served = ofTrace.find(({ service, kind }) => service === 'order' && kind === 2);
    const called = ofTrace.find(({ kind }) => kind === 3);
    const priced = ofTrace.find(({ service }) => service === 'product');
    expect(served).toMatchObject({
      name: 'POST /api/orders',
      parentSpanId: callerSpan,
      attributes: { 'http.response.status_code': 201, 'gatehouse.request_id': 'r-1' },
    });
    expect(called).toMatchObject({ service: 'order', name: 'GET product', parentSpanId: served?.spanId });
    expect(priced).toMatchObject({
      name: 'GET /api/products/:id',
      kind: 2,
      parentSpanId: called?.spanId,
      attributes: { 'url.path': '/api/products/pico-4', 'http.response.status_code': 200 },
    });
  },
);

describe('a task', () => {
  const call = async (
    environment: Readonly<Record<string, string>>,
    headers: Record<string, string> = {},
  ) => {
    const task = tasks.start({ ROLE: 'carrier', ...environment });
    const url = `http://127.0.0.1:${await portOf(task)}`;
    const status = (await fetch(`${url}/nowhere`, { headers })).status;
    const line = await task.line('request');
    return { task, url, status, traceId: line['traceId'] };
  };

  test("starts a trace with the load balancer's id", async () => {
    const header = {
      'x-amzn-trace-id': 'Self=1-67891234-12456789abcdef0123456789;Root=1-67891233-abcdef012345678912345678',
    };
    const { task, traceId, url } = await call({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, header);
    expect(traceId).toBe('67891233abcdef012345678912345678');
    await fetch(`${url}/health`);
    task.child.kill('SIGTERM');
    expect(await task.exit).toEqual([0, null]);
    const ofCarrier = collector.spans.filter(({ service }) => service === 'carrier');
    expect(ofCarrier).toMatchObject([
      { name: 'GET', traceId, kind: 2, attributes: { 'url.path': '/nowhere' } },
    ]);
    expect(ofCarrier[0]?.parentSpanId).toBeUndefined();
    expect(ofCarrier[0]?.attributes).not.toHaveProperty('http.route');
  });

  test('has no traces without a collector', async () => {
    expect(await call({})).toMatchObject({ status: 404, traceId: undefined });
  });

  test('serves requests, stops with exit code 0 and logs a warning while the collector is unavailable', async () => {
    const { task, status } = await call({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
    expect(status).toBe(404);
    task.child.kill('SIGTERM');
    expect(await task.line('spans are lost, the collector is unavailable')).toMatchObject({
      level: 'warn',
    });
    expect(await task.exit).toEqual([0, null]);
  });

  test('serves requests and stops with exit code 0 while the collector never responds', async () => {
    const silent = await startCollector(new Promise(() => {}));
    const { task, status } = await call({ OTEL_EXPORTER_OTLP_ENDPOINT: silent.url });
    expect(status).toBe(404);
    task.child.kill('SIGTERM');
    expect(await task.exit).toEqual([0, null]);
    expect(silent.spans.length).toBeGreaterThan(0);
  });
});
