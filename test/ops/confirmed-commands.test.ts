import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFileIfExists } from '../../lib/common/read-file-if-exists.ts';
import { localCredentials } from '../../lib/local/run/local-credentials.ts';
import { type LocalRun, startLocalRun } from '../../lib/local/run/local-run.ts';
import { callAws, sqs } from '../../runtime/aws/aws-json.ts';
import { createEvent } from '../../runtime/events/cloud-event.ts';
import { opsRunner } from '../support/ops-runner.ts';

const stateFolder = mkdtempSync(join(tmpdir(), 'gatehouse-letters-'));
const questions: string[] = [];
let answer = 'yes';
const ops = opsRunner({
  stateFolder,
  ask: async (question) => {
    questions.push(question);
    return answer;
  },
});
const asked = ['--local', '--output', 'json'];
const changed = ['--local', '--reason', 'a test'];
let run: LocalRun | undefined;

beforeAll(async () => {
  run = await startLocalRun({
    port: 0,
    stateFolder,
    environment: { PATH: '' },
    accessLog: () => undefined,
    notice: () => undefined,
  });
});
afterAll(async () => {
  await run?.close();
  rmSync(stateFolder, { recursive: true, force: true });
});

const bury = async (consumer: string, MessageBody: string, more: object = {}) => {
  const QueueUrl = run?.record.operator.operations.deadLetterQueues[consumer]?.queue;
  const input = { QueueUrl, MessageBody, ...more };
  const service = sqs(run?.queuesUrl ?? '');
  expect((await callAws(service, localCredentials, 'SendMessage', input)).status).toBe(200);
};
const buryWebhook = async (id: string, receivedAt: string) => {
  const event = { ...webhook, id, time: receivedAt, data: { ...webhook.data, eventId: id, receivedAt } };
  const group = { MessageGroupId: 'pi_1', MessageDeduplicationId: id };
  await bury('webhooks', JSON.stringify(event), group);
};
const eventsOf = (topic: string) =>
  readFileIfExists(join(run?.record.folder ?? '', 'events', `${topic}.jsonl`)) ?? '';

test('list names every consumer; nothing waits and a replay says so', async () => {
  expect((await ops('dead-letters', 'list', ...asked)).json).toMatchObject({
    queues: ['webhooks', 'metering', 'events'].map((consumer) => ({ consumer, waiting: 0, oldest: null })),
  });
  const ended = await ops('dead-letters', 'replay', 'events', ...changed);
  expect(ended).toMatchObject({ exitCode: 0, stdout: 'No dead letters are waiting.' });
  expect(questions).toEqual([]);
});

test('an unknown consumer and an unknown id are refused with what exists', async () => {
  expect(await ops('dead-letters', 'show', 'orders', '--local')).toMatchObject({
    exitCode: 1,
    stderr: 'local has no consumer "orders".\nUse one of: webhooks, metering, events.',
  });
  expect(await ops('dead-letters', 'replay', 'events', '--id', 'evt_x', ...changed)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('No dead letter of events has the id evt_x.'),
  });
});

test('webhooks are shown, replayed by choice after a question, and drained into the event log', async () => {
  await buryWebhook('evt_old', '2026-11-19T12:00:00.000Z');
  await buryWebhook('evt_new', '2026-11-20T12:00:00.000Z');
  expect((await ops('dead-letters', 'show', 'webhooks', ...asked)).json).toMatchObject({
    letters: [{ eventId: 'evt_old' }, { eventId: 'evt_new', time: '2026-11-20T12:00:00.000Z' }],
  });
  const replay = async (...more: string[]) =>
    await ops('dead-letters', 'replay', 'webhooks', ...changed, ...more);
  expect((await replay('--dry-run')).stdout).toContain('Dry run: 2 would be replayed.');
  answer = 'no';
  expect(await replay()).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('nothing was changed'),
  });
  answer = 'yes';
  expect((await replay('--since', '2026-11-20')).stdout).toBe('Done: webhooks has taken 1 dead letters.');
  expect(questions.at(-1)).toContain('Replay 1 dead letters of webhooks in local?');
  expect((await replay('--id', 'evt_old')).exitCode).toBe(0);
  expect((await replay()).stdout).toBe('No dead letters are waiting.');
  expect(['evt_new', 'evt_old'].filter((id) => eventsOf('payments.webhook').includes(id))).toHaveLength(2);
});

test('a Kafka record returns to its consumer; one that still fails and one without a value stay', async () => {
  const created = createEvent({
    id: 'order-event',
    source: '/services/order',
    type: 'orders.created',
    subject: 'o-1',
    timeMs: Date.now(),
    data: {
      orderId: 'o-1',
      userId: 'ada',
      items: [{ productId: 'p', quantity: 1 }],
      total: { amount: 5, currency: 'EUR' },
    },
  });
  const letter = (offset: number, value?: string) =>
    bury(
      'events',
      JSON.stringify({
        partition: 'orders.created-0',
        offset,
        reason: 'orders.created: data.total',
        ...(value === undefined ? {} : { value: Buffer.from(value).toString('base64') }),
      }),
    );
  await letter(1, JSON.stringify(created));
  await letter(2, 'no JSON');
  await letter(3);
  const ended = await ops('dead-letters', 'replay', 'events', '--yes', ...changed);
  expect(ended.exitCode).toBe(1);
  expect(ended.stderr).toContain('2 dead letters of events were not replayed and stay; 1 were replayed.');
  expect(ended.stderr).toContain('The consumer still cannot process it');
  expect(ended.stderr).toContain('It holds no record, only its position');
  const left = (await ops('dead-letters', 'list', ...asked)).json;
  expect(left).toMatchObject({ queues: [{}, {}, { consumer: 'events', waiting: 2 }] });
});

test('a failed invocation of metering returns to its queue and is counted', async () => {
  await bury('metering', JSON.stringify({ requestPayload: { awslogs: { data: 'unreadable' } } }));
  const ended = await ops('dead-letters', 'replay', 'metering', '--yes', ...changed);
  expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
  // It is still not readable, so metering moves it to its dead-letter queue again.
  await expect
    .poll(async () => (await ops('dead-letters', 'list', '--local')).stdout, { timeout: 20_000 })
    .toMatch(/metering +1 /);
});

test('a rollback of the policy shows who is cut off and asks; one that cuts nobody off does not', async () => {
  questions.length = 0;
  answer = 'no';
  const withoutTerminal = opsRunner({ stateFolder });
  const rollback = ['policy', 'rollback', ...changed];
  expect(await ops('clients', 'add', 'acme-2', '--plan', 'pro', ...changed)).toMatchObject({ exitCode: 0 });
  await ops('clients', 'set', 'acme-2', '--suspend', ...changed);
  await ops('plans', 'set', 'pro', '--requests', '2M', ...changed);
  await ops('clients', 'reset', 'acme-2', ...changed);
  const now = ((await ops('policy', 'show', ...asked)).json as { revision: number }).revision;
  expect(await ops(...rollback)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('nothing was changed'),
  });
  expect(questions[0]).toContain('! acme-2 is suspended: all its calls are refused.');
  expect(await withoutTerminal(...rollback)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('Add --yes.'),
  });
  answer = 'yes';
  const ended = await ops(...rollback, '--to', String(now - 3));
  expect(questions[1]).toContain('! Callers of the plan pro get lower limits.');
  expect(ended.stdout).toContain(
    `Revision ${now + 1}, a copy of revision ${now - 3}, is active within 2 seconds.`,
  );
  expect(await ops('clients', 'set', 'acme-2', '--suspend', ...changed)).toMatchObject({ exitCode: 0 });
  expect((await withoutTerminal(...rollback)).exitCode).toBe(0);
  expect(questions).toHaveLength(2);
});

const webhook = createEvent({
  id: 'evt',
  source: '/webhooks/stripe',
  type: 'payments.webhook',
  subject: 'pi_1',
  timeMs: 0,
  data: {
    provider: 'stripe',
    eventId: 'evt',
    eventType: 'charge.refunded',
    receivedAt: '2026-11-20T12:00:00.000Z',
    body: {},
  },
});
