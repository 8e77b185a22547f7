import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { tokenSecretName } from '../../lib/compile/token-secret-name.ts';
import { webhookSecretName } from '../../lib/compile/webhook-settings.ts';
import { localCredentials } from '../../lib/local/run/local-credentials.ts';
import { type LocalRun, startLocalRun } from '../../lib/local/run/local-run.ts';
import type { RunRecord } from '../../lib/local/run/run-records.ts';
import { type AwsJsonService, callAws, dynamoDb, secretsManager, sqs } from '../../runtime/aws/aws-json.ts';
import { getItem, numberAttribute } from '../../runtime/aws/dynamodb-item.ts';
import { createSecretReader } from '../../runtime/aws/secrets-manager.ts';
import { monthName } from '../../runtime/limit-store/quota-month.ts';
import { mustRun } from '../support/command.ts';
import { opsRunner } from '../support/ops-runner.ts';
import { recordedEvents } from '../support/recorded-events.ts';
import type { Running } from './running.ts';
import { type Claims, type LocalControl, partner, type Target } from './target.ts';

/** A gateway under test. `close` ends the processes that were started for it. */
export interface StartedTarget extends Running {
  close(): Promise<void>;
}

/**
 * The gateway at `E2E_BASE_URL`, or a local run that this suite starts. The local run uses the limit store at `REDIS_URL`
 * if that is set, otherwise the built-in one, even if a Redis is installed.
 */
export function startTarget(environment: NodeJS.ProcessEnv): Promise<StartedTarget> {
  const url = environment['E2E_BASE_URL'];
  return url === undefined || url === ''
    ? startLocal(environment)
    : Promise.resolve(remote(url, environment));
}

async function startLocal(environment: NodeJS.ProcessEnv): Promise<StartedTarget> {
  const stateFolder = mkdtempSync(join(tmpdir(), 'gatehouse-e2e-'));
  const accessLog: string[] = [];
  const notices: string[] = [];
  let aheadSeconds = 0;
  const run = await startLocalRun({
    port: 0,
    stateFolder,
    // An empty PATH keeps the run from starting an installed Redis.
    environment: {
      REDIS_URL: environment['REDIS_URL'],
      KAFKA_BROKERS: environment['KAFKA_BROKERS'],
      PATH: '',
    },
    accessLog: (line) => accessLog.push(line),
    notice: (text) => {
      notices.push(text);
      console.log(`Notice of the local run: ${text}`);
    },
    entries: { otherIssuers: [partner] },
    now: () => Date.now() + aheadSeconds * 1_000,
  });
  console.log(
    `End-to-end against a local run at ${run.url}\n  limit store: ${run.limitStore}\n  events: ${run.eventLog}`,
  );
  const readSecret = createSecretReader(localCredentials, run.secretsUrl);
  const currentSecret = async (secretId: string) => (await readSecret(secretId))[0] ?? '';
  const local: LocalControl = {
    stopService: (name) => run.stopService(name),
    startService: (name) => run.startService(name),
    externalUrl: (name) => run.configuration.environment.externals[name] ?? '',
    advanceClock: (seconds) => {
      aheadSeconds += seconds;
    },
    tokenWith: (claims, options) => run.token(claims, options),
    registerItem: async (item) => {
      const input = { TableName: 'gatehouse-local-data.ClientsTable', Item: item };
      await mustCall(dynamoDb(run.tablesUrl), 'PutItem', input);
    },
    pepper: async () => await currentSecret('gatehouse/local/key-pepper'),
    originSecret: async () => await currentSecret('gatehouse/local/origin-secret'),
    partnerSecret: async () => await currentSecret(tokenSecretName('local', partner.clientId)),
    operate: async (...args) => {
      const { exitCode, stdout, stderr } = await opsRunner({ stateFolder })(...args);
      if (exitCode !== 0) throw new Error(`${args.join(' ')} exited with code ${exitCode}: ${stderr}`);
      return stdout;
    },
    putFile: async (key, text) => {
      const file = join(stateFolder, 'static', key);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    },
    webhookSecret: async (sender) => await currentSecret(webhookSecretName('local', sender)),
    rotateWebhookSecret: async (sender, value) => {
      const input = { SecretId: webhookSecretName('local', sender), SecretString: value };
      await mustCall(secretsManager(run.secretsUrl), 'PutSecretValue', input);
    },
    queueWebhook: async (event) => {
      const input = {
        QueueUrl: webhookQueueOf(run.record),
        MessageBody: JSON.stringify(event),
        MessageGroupId: event.partitionkey,
        MessageDeduplicationId: event.id,
      };
      await mustCall(sqs(run.queuesUrl), 'SendMessage', input);
    },
    events: (topic) => recordedEvents(eventLogUrl(run), topic),
    usage: async (caller) => {
      const table = {
        credentials: localCredentials,
        endpoint: run.tablesUrl,
        tableName: 'gatehouse-local-data.UsageTable',
        timeoutMilliseconds: 10_000,
      };
      const month = monthName(Date.now() / 1_000, 1);
      const item = await getItem(table, { clientId: { S: caller }, month: { S: month } });
      return { requests: numberAttribute(item, 'requests') ?? 0, bytes: numberAttribute(item, 'bytes') ?? 0 };
    },
    published: async () => {
      const answer = await fetch(run.topicsUrl);
      return ((await answer.json()) as { readonly message: string }[]).map(({ message }) => message);
    },
    measured: async (metricName) => {
      const data = (await (await fetch(run.metricsUrl)).json()) as readonly Measured[];
      return data
        .filter((datum) => datum.MetricName === metricName && datum.Dimensions.length === 1)
        .flatMap(({ Counts }) => Counts)
        .reduce((sum, count) => sum + count, 0);
    },
    policyFile: run.policyFile,
    notices: () => notices,
    accessLog: () => accessLog,
  };
  return {
    target: {
      url: run.url,
      apiUrl: run.apiUrl,
      partnerUrl: run.partnerUrl,
      partnerKey: (name) => run.partnerKeys.find((key) => key.name.endsWith(`-${name}`))?.value,
      token: (claims) => run.token(claims),
      local,
    },
    environment: 'local',
    // Both are loopback addresses; the local environment lists only the first. Only Linux has the second without set-up.
    addresses: process.platform === 'linux' ? { operator: '127.0.0.1', stranger: '127.0.0.2' } : undefined,
    async close() {
      await run.close();
      rmSync(stateFolder, { recursive: true, force: true });
    },
  };
}

/** An entry of PutMetricData. */
interface Measured {
  readonly MetricName: string;
  readonly Dimensions: readonly unknown[];
  readonly Counts: readonly number[];
}

function eventLogUrl({ configuration }: LocalRun): string {
  const { events } = configuration.environment;
  if (events.kind !== 'existing') throw new Error('A local run must use an existing event log.');
  return events.url;
}

function remote(url: string, environment: NodeJS.ProcessEnv): StartedTarget {
  console.log(`End-to-end against ${url}`);
  const command = environment['E2E_TOKEN_COMMAND'];
  const target: Target = {
    url,
    apiUrl: environment['E2E_API_URL'],
    partnerUrl: environment['E2E_PARTNER_URL'],
    partnerKey: () => environment['E2E_PARTNER_KEY'],
    local: undefined,
    token: (claims) => {
      if (command === undefined) throw new Error('Set E2E_TOKEN_COMMAND to a command that prints a token.');
      return printedToken(command, claims, environment);
    },
  };
  return {
    target,
    environment: environment['E2E_ENVIRONMENT'] ?? 'local',
    addresses: undefined,
    close: () => Promise.resolve(),
  };
}

/** Runs the command, which reads the requested claims from its environment and prints a token. */
async function printedToken(
  command: string,
  claims: Claims,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  const printed = await mustRun('sh', ['-c', command], {
    env: {
      ...environment,
      TOKEN_SUB: claims.sub,
      TOKEN_PERMISSIONS: (claims.permissions ?? []).join(','),
      TOKEN_PLAN: claims.plan,
      TOKEN_EMAIL: claims.email,
      TOKEN_CLIENT: claims.clientId,
    },
  });
  return printed.trim();
}

async function mustCall(service: AwsJsonService, operation: string, input: object): Promise<void> {
  const { status, text } = await callAws(
    { ...service, timeoutMilliseconds: 10_000 },
    localCredentials,
    operation,
    input,
  );
  if (status !== 200) throw new Error(`${operation} answered ${status}: ${text}`);
}

function webhookQueueOf({ operator }: RunRecord): string {
  const { returnsTo } = operator.operations.deadLetterQueues['webhooks'] ?? {};
  if (returnsTo === undefined || !('queue' in returnsTo))
    throw new Error('The run has no queue of webhooks.');
  return returnsTo.queue;
}
