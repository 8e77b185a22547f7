import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import {
  type SamplePayment,
  standardSample,
  stripeSample,
} from '../../../runtime/webhooks/webhook-samples.ts';
import { standardSignature, stripeSignature } from '../../../runtime/webhooks/webhook-signatures.ts';
import { parseDuration, parseInstant } from '../../common/time-expressions.ts';
import { webhookSecretName } from '../../compile/webhook-settings.ts';
import { loadCatalogue, type Webhook } from '../../config/index.ts';
import { localCredentials } from '../../local/run/local-credentials.ts';
import { findRun, RunNotFoundError, type RunRecord } from '../../local/run/run-records.ts';
import { localClients, readSecret } from '../access/aws-clients.ts';

export interface WebhookCommandPorts {
  /** Folder with the records of local runs. */
  readonly stateFolder: string;
  /** Environment variables; only `PORT` is read. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Creates a token of the local issuer with the arguments of `npm run token`; undefined if it fails. */
  readonly token?: (claims: readonly string[]) => Promise<string | undefined>;
  /** Returns unique letters and digits. */
  readonly newId: () => string;
}

/** Outcome of the command: the gateway's answer on stdout, or errors with their remedies on stderr. */
export interface WebhookOutcome {
  /** 0: the gateway accepted the webhook. 1: it refused it or did not answer. 2: invalid command line. */
  readonly exitCode: 0 | 1 | 2;
  readonly stdout?: string;
  readonly stderr?: string;
}

const usage = `Usage: npm run webhook -- SENDER TYPE [options]

Signs a sample with the secret of the local run, sends it there, and prints the answer.

  SENDER               an entry of the catalogue's webhooks: stripe
  TYPE                 such as payment_intent.succeeded, payment_intent.payment_failed, charge.refunded
  --order ID           the order of the event; its payment is read from the run
  --id EVENT_ID        the event's id; the same one twice is a duplicate (default a new one)
  --age TIME           signed so long ago, such as 600 or 10m, or at an instant (default 0)
  --tamper             change the body after it was signed
  --port PORT          port of the local run (default PORT, else the only run)`;

const options = {
  order: { type: 'string' },
  id: { type: 'string' },
  age: { type: 'string', default: '0' },
  tamper: { type: 'boolean' },
  port: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** `npm run webhook`: sends a signed sample webhook to the local run on this machine. */
export async function webhookCommand(
  args: readonly string[],
  ports: WebhookCommandPorts,
): Promise<WebhookOutcome> {
  const parsed = parse(args);
  if (typeof parsed === 'string') return { exitCode: 2, stderr: `${parsed}\n\n${usage}` };
  const { values, positionals } = parsed;
  if (values.help === true) return { exitCode: 0, stdout: usage };
  const { webhooks } = loadCatalogue();
  const [sender = '', type = '', ...others] = positionals;
  const webhook = webhooks[sender];
  const ageSeconds = age(values.age, ports.now());
  if (webhook === undefined || type === '' || others.length > 0) {
    const known = Object.keys(webhooks).join(', ');
    return { exitCode: 2, stderr: `Give one of the senders (${known}) and a type of event.\n\n${usage}` };
  }
  if (ageSeconds === undefined) {
    return {
      exitCode: 2,
      stderr: `--age "${values.age}" is not a valid time. Give one: --age 600, --age 10m`,
    };
  }
  let run: RunRecord;
  try {
    run = await findRun({ ...ports, port: values.port });
  } catch (error) {
    if (!(error instanceof RunNotFoundError)) throw error;
    return { exitCode: error.exitCode, stderr: error.message };
  }
  const id = values.id ?? `evt_${ports.newId()}`;
  const payment = values.order === undefined ? undefined : await paymentOf(run, values.order, ports);
  const terms = { eventId: id, orderId: values.order, now: ports.now(), payment };
  const sample = webhook.format === 'stripe' ? stripeSample(type, terms) : standardSample(type, terms);
  const { secretsManager } = localClients(run.operator.endpoints, localCredentials);
  const secret = await readSecret(secretsManager, webhookSecretName('local', sender));
  const body = JSON.stringify(sample);
  const time = String(Math.floor(ports.now() / 1_000) - ageSeconds);
  const headers = signedHeaders(webhook, secret, { id, time, body: Buffer.from(body) });
  return await send(
    run,
    webhook,
    headers,
    values.tamper === true ? body.replace(/\}$/, ',"tampered":true}') : body,
  );
}

/** A payment is opened a moment after its order. */
const looks = 10;
const betweenLooksMs = 300;

/** Payment of the order, read as an administrator of the local run; undefined if the order has none. */
async function paymentOf(
  { url }: RunRecord,
  orderId: string,
  { token }: WebhookCommandPorts,
): Promise<SamplePayment | undefined> {
  const claims = ['--sub', 'operator', '--role', 'admin', '--permissions', 'orders:*'];
  const bearer = await token?.([...claims, '--port', new URL(url).port]);
  if (bearer === undefined) return undefined;
  const headers = { authorization: `Bearer ${bearer}` };
  for (let look = 0; look < looks; look += 1) {
    const order = await fetch(`${url}/api/orders/${encodeURIComponent(orderId)}`, { headers })
      .then((answer) => answer.json())
      .then((body) => orderShape.safeParse(body).data)
      .catch(() => undefined);
    if (order === undefined) return undefined;
    if (order.payment !== undefined) return { intentId: order.payment.intentId, ...order.total };
    await delay(betweenLooksMs);
  }
  return undefined;
}

const orderShape = z.object({
  total: z.object({ amount: z.number(), currency: z.string() }),
  payment: z.object({ intentId: z.string() }).optional(),
});

/** Seconds of `600`, `-5` (in the future), `10m`, or since an instant. */
function age(text: string, now: number): number | undefined {
  if (/^-?\d{1,9}$/.test(text)) return Number(text);
  const at = parseInstant(text);
  return at === undefined ? parseDuration(text) : Math.floor((now - at) / 1_000);
}

function signedHeaders(
  { format }: Webhook,
  secret: string,
  { id, time, body }: { readonly id: string; readonly time: string; readonly body: Buffer },
): Record<string, string> {
  if (format === 'stripe') {
    return { 'stripe-signature': `t=${time},v1=${stripeSignature(secret, time, body)}` };
  }
  const signature = standardSignature(secret, id, time, body) ?? '';
  return { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': `v1,${signature}` };
}

async function send(
  { url }: RunRecord,
  { path }: Webhook,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<WebhookOutcome> {
  let answer: Response;
  try {
    answer = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      redirect: 'manual',
    });
  } catch {
    return { exitCode: 1, stderr: `The local run at ${url} does not answer. Start it with npm start.` };
  }
  return { exitCode: answer.ok ? 0 : 1, stdout: `${answer.status} ${await answer.text()}` };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
  } catch (error) {
    return error instanceof Error ? error.message : 'The arguments cannot be read.';
  }
}
