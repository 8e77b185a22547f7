import { gzipSync } from 'node:zlib';
import { type DynamoTable, getItem } from '../../../runtime/aws/dynamodb-item.ts';
import type { TestDynamoDb } from '../../../runtime/aws/testing/dynamodb-server.ts';
import type { CloudEvent } from '../../../runtime/events/cloud-event.ts';
import { CircuitBreaker } from '../../../runtime/limit-store/circuit-breaker.ts';
import type { LimitStore } from '../../../runtime/limit-store/limit-store.ts';
import { createAccessLogTopic } from '../access-log-topic.ts';
import type { AccessLine } from '../access-record.ts';
import type { QuotaAlert } from '../contract.ts';
import { createLedger } from '../ledger.ts';
import { createMeter } from '../meter.ts';
import { createMetering } from '../metering.ts';
import { createQuotaAlerts } from '../quota-alerts.ts';

export const noon = Date.UTC(2026, 10, 20, 12);

/** A line of an allowed call, as in the access log. */
export function lineOf(part: AccessLine = {}): AccessLine {
  return {
    requestId: 'request-1',
    timeEpochMs: `${noon}`,
    decision: 'allow',
    caller: 'client:a',
    clientId: 'acme',
    userId: '-',
    plan: 'pro',
    monthStartDay: '1',
    quotaLimit: 'unlimited',
    quotaBytes: 'unlimited',
    responseBytes: '70',
    totalBytes: '100',
    ...part,
  };
}

/** Lines as CloudWatch Logs passes them to a function. */
export function logEvent(lines: readonly (AccessLine | string)[]) {
  const logEvents = lines.map((line, index) => ({
    id: `${index}`,
    timestamp: noon,
    message: typeof line === 'string' ? line : JSON.stringify(line),
  }));
  const batch = { messageType: 'DATA_MESSAGE', logGroup: 'access', logStream: 's', logEvents };
  return { awslogs: { data: gzipSync(JSON.stringify(batch)).toString('base64') } };
}

export interface TestMetering {
  readonly run: ReturnType<typeof createMetering>;
  readonly usage: (caller: string, month?: string) => Promise<unknown>;
  readonly alerts: QuotaAlert[];
  /** Events in the topic. */
  readonly events: CloudEvent[];
  /** Events that wait in the queue. */
  readonly queue: string[];
  /** Messages in the dead-letter queue. */
  readonly deadLetters: string[];
  readonly metrics: Readonly<Record<string, unknown>>[];
  /** Dependencies that fail from now on, by name. */
  readonly unavailable: Set<'topic' | 'queue' | 'log'>;
  readonly usageTable: DynamoTable;
}

/**
 * The whole function with the DynamoDB emulator and a limit store, with a topic, a log and a queue in memory.
 */
export async function createTestMetering(
  dynamo: Pick<TestDynamoDb, 'table'>,
  store: LimitStore,
  { now = () => noon, pageSize }: { readonly now?: () => number; readonly pageSize?: number } = {},
): Promise<TestMetering> {
  const usageTable = await dynamo.table('usage', 'clientId', 'month');
  const ledgerTable = await dynamo.table('ledger', 'id', 'page#');
  const alerts: QuotaAlert[] = [];
  const events: CloudEvent[] = [];
  const queue: string[] = [];
  const buried: string[] = [];
  const metrics: Record<string, unknown>[] = [];
  const unavailable = new Set<'topic' | 'queue' | 'log'>();
  const attempts = {
    wait: (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
    random: Math.random,
  };
  const failIfUnavailable = (name: 'topic' | 'queue' | 'log') => {
    if (unavailable.has(name)) throw new Error(`${name} is unavailable`);
  };
  const run = createMetering({
    environment: 'test',
    meter: createMeter({
      ...attempts,
      ledger: createLedger({
        ...attempts,
        table: ledgerTable,
        ...(pageSize === undefined ? {} : { pageSize }),
      }),
      ledgerTable,
      usageTable,
      limitStore: store,
      alerts: createQuotaAlerts({
        environment: 'test',
        usageTable,
        publish: async (alert) => {
          failIfUnavailable('topic');
          alerts.push(alert);
        },
        now,
      }),
      now,
    }),
    topic: createAccessLogTopic({
      events: {
        produce: async (_, produced) => {
          failIfUnavailable('log');
          events.push(...produced);
        },
      },
      breaker: new CircuitBreaker({ failuresToOpen: 1, cooldownMilliseconds: 30_000 }),
      now,
      enqueue: async (body) => {
        failIfUnavailable('queue');
        queue.push(body);
      },
      onFailure: () => {},
    }),
    sendToDeadLetterQueue: async (body) => {
      buried.push(body);
    },
    log: { warn: () => {}, error: () => {} },
    writeMetrics: (line) => metrics.push(JSON.parse(line) as Record<string, unknown>),
    now,
  });
  return {
    run,
    usage: async (caller, month = '2026-11') => {
      const item = await getItem(usageTable, { clientId: { S: caller }, month: { S: month } });
      const number = (name: string) => Number((item?.[name] as { N?: string } | undefined)?.N ?? 0);
      return { requests: number('requests'), bytes: number('bytes'), bytesOut: number('bytesOut') };
    },
    alerts,
    events,
    queue,
    deadLetters: buried,
    metrics,
    unavailable,
    usageTable,
  };
}
