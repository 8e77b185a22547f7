import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sampleDeployment } from '../../engine/testing/literal-deployment.ts';
import { UnsupportedFeatures } from '../../engine/unsupported.ts';
import { createAsyncInvocation } from '../lambda/async-invocation.ts';
import type { InvocationResult } from '../lambda/runtime-api.ts';
import { createLogSubscriptions, type LogSubscriptions } from './log-subscriptions.ts';
import { readSubscriptions } from './subscription-resources.ts';

interface Batch {
  readonly messageType: string;
  readonly logGroup: string;
  readonly logEvents: readonly {
    readonly id: string;
    readonly timestamp: number;
    readonly message: string;
  }[];
}

const resources = {
  Metering: { type: 'AWS::Lambda::Function', properties: {} },
  AccessLog: { type: 'AWS::Logs::LogGroup', properties: {} },
  OtherLog: { type: 'AWS::Logs::LogGroup', properties: {} },
  Stage: {
    type: 'AWS::ApiGatewayV2::Stage',
    properties: { AccessLogSettings: { DestinationArn: 'test.AccessLog', Format: '' } },
  },
  Failed: { type: 'AWS::SQS::Queue', properties: {} },
};
const subscription = (more: object = {}) => ({
  type: 'AWS::Logs::SubscriptionFilter',
  properties: { LogGroupName: 'test.AccessLog', DestinationArn: 'test.Metering', FilterPattern: '', ...more },
});
const invokeConfig = {
  type: 'AWS::Lambda::EventInvokeConfig',
  properties: {
    FunctionName: 'test.Metering',
    Qualifier: 'live',
    MaximumRetryAttempts: 2,
    DestinationConfig: { OnFailure: { Destination: 'test.Failed' } },
  },
};

let folder = '';
let batches: Batch[];
let sent: string[];
let pauses: number[];
let answer: () => InvocationResult;
let open: LogSubscriptions | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'logs-'));
  [batches, sent, pauses] = [[], [], []];
  answer = () => ({ ok: true, payload: null });
});
afterEach(async () => {
  await open?.close();
  open = undefined;
  rmSync(folder, { recursive: true });
});

function subscribe(more: Parameters<typeof sampleDeployment>[0] = {}): LogSubscriptions {
  const deployment = sampleDeployment({ ...resources, Subscription: subscription(), ...more });
  const findings = new UnsupportedFeatures();
  const functions = {
    invoke: (_: string, event: unknown) => {
      const { data } = (event as { awslogs: { data: string } }).awslogs;
      batches.push(JSON.parse(gunzipSync(Buffer.from(data, 'base64')).toString()) as Batch);
      return Promise.resolve(answer());
    },
  };
  const invocation = createAsyncInvocation(
    deployment,
    {
      functions,
      sendTo: (_, message) => void sent.push(message),
      notice: () => {},
      now: () => 1_700_000_000_000,
      newId: randomUUID,
      wait: (milliseconds) => {
        pauses.push(milliseconds);
        return new Promise((resolve) => setImmediate(resolve));
      },
    },
    findings,
  );
  const subscriptions = readSubscriptions(deployment, findings);
  findings.throwIfAny();
  open = createLogSubscriptions(subscriptions, {
    invocation,
    folder,
    now: () => 1_700_000_000_000,
    notice: () => undefined,
    newId: randomUUID,
  });
  return open;
}
const delivered = () => batches.flatMap(({ logEvents }) => logEvents.map(({ message }) => message));

test('delivers lines in order in the format of CloudWatch Logs, also lines from before the start', async () => {
  const logs = subscribe();
  logs.line('{"n":1}');
  logs.start();
  logs.line('{"n":2}');
  await logs.close();
  open = undefined;
  expect(delivered()).toEqual(['{"n":1}', '{"n":2}']);
  expect(batches[0]).toMatchObject({ messageType: 'DATA_MESSAGE', logGroup: 'test.AccessLog' });
  const ids = batches.flatMap(({ logEvents }) => logEvents.map(({ id }) => id));
  expect(new Set(ids).size).toBe(2);
});

test('the next run delivers the lines that a run could not deliver', async () => {
  answer = () => ({ ok: false, error: 'Error: away' });
  const first = subscribe();
  first.start();
  first.line('kept');
  while (pauses.length < 3) await new Promise((resolve) => setImmediate(resolve));
  await first.close();
  expect(pauses.slice(0, 3)).toEqual([1_000, 2_000, 4_000]);

  batches = [];
  answer = () => ({ ok: true, payload: null });
  const second = subscribe();
  second.start();
  second.line('after');
  await second.close();
  open = undefined;
  expect(delivered()).toEqual(['kept', 'after']);
});

test('sends the event to the on-failure destination after the retries and continues with the next lines', async () => {
  answer = () => (batches.length <= 3 ? { ok: false, error: 'Error: no' } : { ok: true, payload: null });
  const logs = subscribe({ Config: invokeConfig });
  logs.start();
  logs.line('poison');
  while (sent.length === 0) await new Promise((resolve) => setImmediate(resolve));
  logs.line('good');
  await logs.close();
  open = undefined;
  expect(delivered()).toEqual(['poison', 'poison', 'poison', 'good']);
  expect(sent.map((text) => JSON.parse(text) as unknown)).toMatchObject([
    {
      version: '1.0',
      requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
      requestPayload: { awslogs: {} },
      responsePayload: { errorMessage: 'Error: no' },
    },
  ]);
});

test.each([
  [{ LogGroupName: 'test.OtherLog' }, 'LogGroupName: is not the access log of the API'],
  [{ DestinationArn: 'test.Failed' }, 'DestinationArn: does not name a function'],
  [{ FilterPattern: '{ $.status = 500 }' }, 'FilterPattern: "{ $.status = 500 }" is not emulated'],
])('refuses %j and names the property', (more, message) => {
  expect(() => subscribe({ Subscription: subscription(more) })).toThrow(message);
});
