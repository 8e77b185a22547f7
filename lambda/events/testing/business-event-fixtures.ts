import { dynamoItemLimits, InvalidItemError } from '../../../runtime/aws/dynamodb-item.ts';
import type { TestDynamoDb } from '../../../runtime/aws/testing/dynamodb-server.ts';
import { createEvent, type NewEvent } from '../../../runtime/events/cloud-event.ts';
import type { EventType } from '../../../runtime/events/event-data.ts';
import { isWellFormedText } from '../../../runtime/events/event-json.ts';
import { createBusinessEvents, type OnFailure } from '../business-events.ts';
import { type BusinessState, createBusinessState } from '../business-state.ts';
import type { MetricDatum } from '../metric-data.ts';

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

/** Records as an event source mapping passes them to a function. */
export function batchOf(values: readonly unknown[], partition = 'topic-0') {
  const records = values.map((value, offset) => ({
    offset,
    value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64'),
  }));
  return { records: { [partition]: records } };
}

/** The whole function with the DynamoDB emulator and a CloudWatch in memory. */
export async function createTestConsumer(
  dynamo: TestDynamoDb,
  tableName: string,
  now: () => number = () => noon,
  onFailure: OnFailure = 'report',
) {
  const table = await dynamo.table(tableName, 'id', 'part');
  const calls: MetricDatum[][] = [];
  const cloudWatch = { isUnavailable: false };
  const buried: string[] = [];
  const run = createBusinessEvents({
    environment: 'test',
    state: createBusinessState(table, now),
    putMetrics: async (data) => {
      if (cloudWatch.isUnavailable) throw new Error('CloudWatch is unavailable');
      calls.push(data);
    },
    sendToDeadLetterQueue: async (message) => {
      buried.push(message);
    },
    onFailure,
    log: { warn: () => {}, error: () => {} },
    now,
  });
  /** Sums by metric and its other dimensions. */
  const sums = () => {
    const all: Record<string, number> = {};
    for (const { MetricName, Dimensions, Values, Counts } of calls.flat()) {
      const name = [MetricName, ...Dimensions.slice(1).map(({ Value }) => Value)].join(' ');
      const sum = Values.reduce((total, value, index) => total + value * (Counts[index] ?? 0), 0);
      all[name] = (all[name] ?? 0) + sum;
    }
    return all;
  };
  return { run, calls, sums, cloudWatch, buried };
}

/** The state in memory, with DynamoDB's limits on keys and texts. Sweeps find nothing. */
export function memoryState(): BusinessState {
  const items = new Map<string, { readonly times: Map<string, number>; readonly unsent: Set<string> }>();
  const itemOf = (about: string) => {
    if (Buffer.byteLength(about) > dynamoItemLimits.partitionKeyBytes || !isWellFormedText(about)) {
      throw new InvalidItemError('UpdateItem', 400);
    }
    const item = items.get(about) ?? { times: new Map<string, number>(), unsent: new Set<string>() };
    items.set(about, item);
    return item;
  };
  const knownOf = ({ times }: { readonly times: ReadonlyMap<string, number> }) => {
    const order = [...times.keys()];
    return {
      timeOf: (name: string) => times.get(name),
      isLater: (second: string, first: string) => order.indexOf(second) > order.indexOf(first),
    };
  };
  return {
    enter: async ({ about, name, timeMs }) => {
      const item = itemOf(about);
      if (item.times.has(name)) return item.unsent.has(name) ? knownOf(item) : undefined;
      item.times.set(name, timeMs);
      item.unsent.add(name);
      return knownOf(item);
    },
    sent: async ({ about, name }) => {
      itemOf(about).unsent.delete(name);
    },
    known: async (about) => knownOf(itemOf(about)),
    checkAt: async (_, about) => {
      if (Buffer.byteLength(about) > dynamoItemLimits.sortKeyBytes)
        throw new InvalidItemError('UpdateItem', 400);
    },
    due: async () => [],
    checked: async () => {},
    sweptTo: async () => undefined,
    sweep: async () => {},
  };
}
