import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckResult } from '../../lib/ops/check-report.ts';
import { openAwsClients } from '../../lib/ops/verify-deployed/aws-clients.ts';
import { verifyDeployedCommand } from '../../lib/ops/verify-deployed/verify-deployed-command.ts';
import { pythonTools } from '../support/python-tools.ts';

/** One resource of each kind that moto's CloudFormation supports. */
const template = {
  Resources: {
    AuthLogs940C0551: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/auth' } },
    MeteringDeadLetters: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead' } },
    Warnings: {
      Type: 'AWS::SNS::Topic',
      Properties: {
        TopicName: 'warnings',
        Subscription: [{ Endpoint: 'arn:aws:sqs:eu-west-1:123456789012:dead', Protocol: 'sqs' }],
      },
    },
    Gateway: { Type: 'AWS::ApiGateway::RestApi', Properties: { Name: 'partner' } },
  },
};

const variables = {
  AWS_ACCESS_KEY_ID: 'a',
  AWS_SECRET_ACCESS_KEY: 'b',
  AWS_ENDPOINT_URL: '',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
};
let server: ChildProcess | undefined;

beforeAll(async () => {
  const bin = pythonTools('requirements-moto.txt');
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as { readonly port: number };
  await new Promise((resolve) => probe.close(resolve));
  server = spawn(join(bin, 'moto_server'), ['-H', '127.0.0.1', '-p', `${port}`], { stdio: 'ignore' });
  // The AWS clients read endpoint and credentials from the process's environment only.
  Object.assign(process.env, variables, { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` });
  const formation = openAwsClients().cloudFormation('eu-west-1');
  for (let attempt = 0; attempt < 300; attempt += 1) {
    try {
      await formation.createStack({
        StackName: 'gatehouse-dev-api',
        TemplateBody: JSON.stringify(template),
      });
      return;
    } catch (error) {
      if (!String(error).includes('ECONNREFUSED')) throw error;
      await sleep(200);
    }
  }
  throw new Error('moto did not answer.');
}, 180_000);
afterAll(() => {
  server?.kill();
  for (const name of Object.keys(variables)) Reflect.deleteProperty(process.env, name);
});

/** Results of the command's checks by name, without an edge. */
async function verified(): Promise<ReadonlyMap<string, CheckResult>> {
  const { stdout = '' } = await verifyDeployedCommand(['dev', '--json'], {
    environment: {},
    now: Date.now,
    send: async () => {
      throw new Error('nothing answers');
    },
    wait: async () => undefined,
    unique: () => 'verify=1',
    openAws: async () => openAwsClients(),
  });
  const { checks } = JSON.parse(stdout) as { readonly checks: readonly CheckResult[] };
  return new Map(checks.map((check) => [check.name, check]));
}

describe('verify:deployed against moto', () => {
  test('reads the stacks and their resources', async () => {
    const checks = await verified();
    expect(checks.get('stacks-complete')).toMatchObject({ outcome: 'pass', detail: '1 stacks' });
    expect(checks.get('dead-letter-queues-empty')).toMatchObject({ outcome: 'pass' });
    expect(checks.get('subscriptions-confirmed')).toMatchObject({ outcome: 'pass' });
    expect(checks.get('event-log-admitted')).toMatchObject({ outcome: 'pass' });
    // The log group has no stream.
    expect(checks.get('log-groups-written')).toMatchObject({ outcome: 'fail' });
    expect(checks.get('partner-logging-role')).toMatchObject({
      outcome: 'fail',
      detail: 'the account has no role',
    });
    expect(checks.get('partner-integration-targets')).toMatchObject({ outcome: 'pass' });
    expect(checks.get('targets-healthy')).toMatchObject({
      outcome: 'inconclusive',
      detail: 'the stacks have no AWS::ElasticLoadBalancingV2::Listener',
    });
  });

  test('fails if the dead-letter queue has a message', async () => {
    const queues = openAwsClients().queues('eu-west-1');
    const { QueueUrl } = await queues.getQueueUrl({ QueueName: 'dead' });
    await queues.sendMessage({ QueueUrl, MessageBody: 'one' });
    expect((await verified()).get('dead-letter-queues-empty')).toMatchObject({
      outcome: 'fail',
      detail: 'MeteringDeadLetters holds 1 messages',
    });
  });
});
