import type { DynamoForTests } from '../shared/dynamo-for-tests.ts';
import { createEvent, type NewEvent } from '../shared/events/envelope.ts';
import type { EventType } from '../shared/events/event-data.ts';
import { createBusinessEvents } from './business-events.ts';
import type { MetricDatum } from './metric-data.ts';
import { createState } from './state.ts';

export const noon = Date.UTC(2026, 10, 20, 12);
const total = { amount: 89_900, currency: 'EUR' };

let ids = 0;
const newEvent = <T extends EventType>(
  part: Omit<NewEvent<T>, 'id' | 'source' | 'subject'>,
): ReturnType<typeof createEvent<T>> => {
  ids += 1;
  return createEvent({ id: `event-${ids}`, source: '/services/test', subject: 's', ...part });
};

/** Events of one order, each so many milliseconds after noon. */
export const order = (orderId: string) => {
  const payment = { orderId, paymentId: `pay-${orderId}`, amount: total.amount, currency: 'EUR' };
  const createdAt = new Date(noon).toISOString();
  const at = (ms: number) => noon + ms;
  const items = [{ productId: 'p', quantity: 1 }];
  return {
    created: (ms = 0) =>
      newEvent({ type: 'orders.created', timeMs: at(ms), data: { orderId, userId: 'ada', items, total } }),
    paid: (ms = 0) => newEvent({ type: 'orders.payment_succeeded', timeMs: at(ms), data: payment }),
    declined: (ms = 0) =>
      newEvent({ type: 'orders.payment_failed', timeMs: at(ms), data: { ...payment, reason: 'card' } }),
    confirmed: (ms = 0) =>
      newEvent({
        type: 'orders.confirmed',
        timeMs: at(ms),
        data: { orderId, userId: 'ada', total, createdAt },
      }),
    failed: (ms = 0) =>
      newEvent({ type: 'orders.failed', timeMs: at(ms), data: { orderId, reason: 'stock', createdAt } }),
  };
};

export const stock = (
  cause: 'reserved' | 'released' | 'expired' | 'committed',
  id: string,
  { ms = 0, available = 5 } = {},
) =>
  newEvent({
    type: 'inventory.updated',
    timeMs: noon + ms,
    data: {
      productId: 'p',
      available,
      reserved: 0,
      cause,
      reservation: { id, orderId: id, quantity: 1 },
    },
  });

/** As an event source mapping hands records to a function. */
export function batchOf(values: readonly unknown[], partition = 'topic-0') {
  const records = values.map((value, offset) => ({
    offset,
    value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64'),
  }));
  return { records: { [partition]: records } };
}

/** The whole function on DynamoDB's twin, with a CloudWatch in memory. */
export async function consumerOn(dynamo: DynamoForTests, tableName: string, now: () => number = () => noon) {
  const table = await dynamo.table(tableName, 'id', 'part');
  const calls: MetricDatum[][] = [];
  const cloudWatch = { isAway: false };
  const run = createBusinessEvents({
    environment: 'test',
    state: createState(table, now),
    putMetrics: async (data) => {
      if (cloudWatch.isAway) throw new Error('CloudWatch is away');
      calls.push(data);
    },
    log: { warn: () => {}, error: () => {} },
    now,
  });
  /** Sums by metric, and by what tells its series apart. */
  const sums = () => {
    const all: Record<string, number> = {};
    for (const { MetricName, Dimensions, Values, Counts } of calls.flat()) {
      const name = [MetricName, ...Dimensions.slice(1).map(({ Value }) => Value)].join(' ');
      const sum = Values.reduce((total, value, index) => total + value * (Counts[index] ?? 0), 0);
      all[name] = (all[name] ?? 0) + sum;
    }
    return all;
  };
  return { run, calls, sums, cloudWatch };
}
