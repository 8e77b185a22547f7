import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stripe } from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeRunRecord } from '../../local/run/run-records.ts';
import { recordFolder, recordFor } from '../../local/run/testing/run-record.ts';
import { webhookCommand } from './webhook-command.ts';

const stateFolder = mkdtempSync(join(tmpdir(), 'gatehouse-webhook-command-'));
const secret = 'whsec_local';
const received: { readonly path: string; readonly signature: string; readonly body: string }[] = [];

/** Stands where the gateway and its Secrets Manager would be. */
const server = createServer((request, response) => void answer(request, response));
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  if (request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue') {
    const { SecretId } = JSON.parse(body) as { SecretId: string };
    response.end(
      JSON.stringify({ SecretString: SecretId === 'gatehouse/local/webhooks/stripe' ? secret : '' }),
    );
    return;
  }
  received.push({ path: request.url ?? '', signature: String(request.headers['stripe-signature']), body });
  response.statusCode = 200;
  response.end('{"received":true}');
}

beforeAll(async () => {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  writeRunRecord(recordFor(recordFolder(stateFolder, url), url));
});
afterAll(() => {
  server.close();
  rmSync(stateFolder, { recursive: true });
});

const command = (...args: string[]) =>
  webhookCommand(args, { stateFolder, environment: {}, now: Date.now, newId: () => 'fresh' });
const stripe = new Stripe('sk_test_0');

describe('npm run webhook', () => {
  test("sends what Stripe's own library takes for Stripe's", async () => {
    const outcome = await command('stripe', 'payment_intent.succeeded', '--order', 'ord_1');
    expect(outcome).toEqual({ exitCode: 0, stdout: '200 {"received":true}' });
    const { path, signature, body } = received.at(-1) ?? { path: '', signature: '', body: '' };
    expect(path).toBe('/api/payments/webhook');
    const event = stripe.webhooks.constructEvent(body, signature, secret);
    expect(event).toMatchObject({
      id: 'evt_fresh',
      type: 'payment_intent.succeeded',
      data: { object: { id: 'pi_fresh', status: 'succeeded', metadata: { order_id: 'ord_1' } } },
    });
  });

  test.each([
    ['--tamper', 'No signatures found'],
    ['--age=600', 'tolerance'],
  ])('with %s sends what it does not', async (option, reason) => {
    await command('stripe', 'charge.refunded', option, '--id', 'evt_2');
    const { signature, body } = received.at(-1) ?? { signature: '', body: '' };
    expect(JSON.parse(body)).toMatchObject({ id: 'evt_2', data: { object: { payment_intent: 'pi_2' } } });
    expect(() => stripe.webhooks.constructEvent(body, signature, secret)).toThrow(reason);
  });

  test.each([
    [[], 'senders (stripe)'],
    [['paypal', 'x'], 'senders (stripe)'],
    [['stripe', 'x', '--age', 'old'], '--age 600'],
    [['stripe', 'x', '--wrong'], '--wrong'],
  ])('refuses %j and says what to give', async (args, remedy) => {
    const outcome = await command(...args);
    expect(outcome.exitCode).toBe(2);
    expect(outcome.stderr).toContain(remedy);
  });

  test('fails with a message without a local run', async () => {
    const outcome = await webhookCommand(['stripe', 'x'], {
      stateFolder: join(stateFolder, 'none'),
      environment: {},
      now: Date.now,
      newId: () => 'x',
    });
    expect(outcome.exitCode).toBe(1);
    expect(outcome.stderr).toContain('npm start');
  });
});
