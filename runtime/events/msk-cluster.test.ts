import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mskCluster } from './msk-cluster.ts';
import { createMskToken } from './msk-token.ts';

const arn = 'arn:aws:kafka:eu-west-1:111122223333:cluster/gatehouse-dev/0b1c-2';
const keys = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' };

let server: Server;
let calls: IncomingMessage[];
let answer: { status: number; body: string };
let nowMs: number;

beforeEach(async () => {
  calls = [];
  nowMs = Date.UTC(2026, 10, 20, 12);
  answer = { status: 200, body: JSON.stringify({ bootstrapBrokerStringSaslIam: 'b-1:9098,b-2:9098' }) };
  server = createServer((request, response) => {
    calls.push(request);
    response.writeHead(answer.status).end(answer.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => server.close());

const cluster = () =>
  mskCluster(arn, {
    clientId: 'c',
    nowMs: () => nowMs,
    credentials: () => keys,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  });

test('asks MSK for its brokers, signed for the region of the ARN, and keeps them for five minutes', async () => {
  const { brokers } = cluster();
  expect(await brokers()).toEqual(['b-1:9098', 'b-2:9098']);
  nowMs += 5 * 60_000;
  await brokers();
  expect(calls).toHaveLength(1);
  expect(calls[0]?.url).toBe(`/v1/clusters/${encodeURIComponent(arn)}/bootstrap-brokers`);
  expect(calls[0]?.headers.authorization).toContain('/eu-west-1/kafka/aws4_request');
  expect(calls[0]?.headers['x-amz-security-token']).toBe('token');
  nowMs += 1;
  answer.body = JSON.stringify({ bootstrapBrokerStringSaslIam: 'b-3:9098' });
  expect(await brokers()).toEqual(['b-3:9098']);
});

test('rejects on a failure and does not keep it', async () => {
  const { brokers } = cluster();
  answer = { status: 403, body: '{}' };
  await expect(brokers()).rejects.toThrow(`kafka:GetBootstrapBrokers of ${arn} answered 403`);
  answer = { status: 200, body: '{}' };
  await expect(brokers()).rejects.toThrow('has no brokers for IAM');
  answer.body = JSON.stringify({ bootstrapBrokerStringSaslIam: 'b-1:9098' });
  expect(await brokers()).toEqual(['b-1:9098']);
});

test('creates a new token for each connection, and no topics', async () => {
  const { token, createsTopics: makesTopics } = cluster();
  const first = await token?.();
  expect(first).toEqual({ value: createMskToken({ ...keys, region: 'eu-west-1' }, new Date(nowMs)) });
  nowMs += 60_000;
  expect(await token?.()).not.toEqual(first);
  expect(makesTopics).toBe(false);
});

test('refuses an ARN that is not of a cluster', () => {
  const dependencies = { clientId: 'c', nowMs: () => 0, credentials: () => keys };
  expect(() => mskCluster('gatehouse-dev', dependencies)).toThrow(
    'is not the ARN of an MSK cluster. Use arn:aws:kafka:',
  );
});
