import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { resourceNamesParameter } from '../../lib/compile/resource-names.ts';
import { runtimePolicyNames } from '../../lib/compile/runtime-policy-names.ts';
import { opsRunner } from '../support/ops-runner.ts';
import { type EmulatedAccount, startEmulatedAccount } from './emulated-account.ts';

// The operators' commands against the AWS APIs of an emulated account, which does not run functions.
const region = 'eu-west-1';
const names = runtimePolicyNames('dev');
const asked = ['--env', 'dev', '--output', 'json'];
const changed = [...asked, '--reason', 'a test'];

let engine: EmulatedAccount;
let ops: ReturnType<typeof opsRunner>;

beforeAll(async () => {
  engine = await startEmulatedAccount(region);
  for (const [name, value] of Object.entries(engine.environment)) vi.stubEnv(name, value);
  ops = opsRunner({ stateFolder: '/nowhere', environment: engine.environment });
  const table = (TableName: string, hash: string, range?: string) => {
    const keys = [hash, ...(range === undefined ? [] : [range])];
    return json('dynamodb', 'DynamoDB_20120810.CreateTable', {
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: keys.map((AttributeName, index) => ({
        AttributeName,
        KeyType: index === 0 ? 'HASH' : 'RANGE',
      })),
    });
  };
  await table('clients', 'clientId');
  await table('usage', 'clientId', 'month');
  await table('audit', 'document', 'changedAt');
  const operations = {
    clientsTable: 'clients',
    usageTable: 'usage',
    auditTable: 'audit',
    authorizer: 'none',
    revocation: 'none',
    deadLetterQueues: {},
  };
  await json('ssm', 'AmazonSSM.PutParameter', {
    Name: resourceNamesParameter('dev'),
    Type: 'String',
    Value: JSON.stringify(operations),
  });
  await json('secretsmanager', 'secretsmanager.CreateSecret', {
    Name: 'gatehouse/dev/key-pepper',
    SecretString: 'a pepper',
  });
  const { Id: application } = await rest('/applications', { Name: names.application });
  await rest(`/applications/${application}/environments`, { Name: names.environment });
  await rest(`/applications/${application}/configurationprofiles`, {
    Name: names.profile,
    LocationUri: 'hosted',
  });
  for (const Name of [names.staged, names.emergency]) {
    await rest('/deploymentstrategies', {
      Name,
      DeploymentDurationInMinutes: 0,
      GrowthFactor: 100,
      FinalBakeTimeInMinutes: 0,
      ReplicateTo: 'NONE',
    });
  }
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await engine.stop();
});

async function json(service: string, target: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
  const response = await engine.call(service, region, '/', {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${target} answered ${response.status}: ${await response.text()}`);
}

async function rest(path: string, body: object): Promise<{ readonly Id: string }> {
  const headers = { 'content-type': 'application/json' };
  const response = await engine.call('appconfig', region, path, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as { Id: string };
}

test('a change of a plan is deployed, is audited with the ARN of the caller, and is reverted', async () => {
  const set = await ops('plans', 'set', 'pro', '--requests', '2000000', ...changed);
  expect(set).toMatchObject({ exitCode: 0, stderr: '', json: { changed: true, version: 'r1', revision: 1 } });
  expect((await ops('plans', 'show', 'pro', ...asked)).json).toMatchObject({ requestsPerMonth: 2_000_000 });
  await ops('policy', 'rollback', '--yes', ...changed);
  expect((await ops('policy', 'show', ...asked)).json).toMatchObject({
    revision: 2,
    policy: { version: 'none', plans: {} },
  });
  expect((await ops('policy', 'history', ...asked)).json).toMatchObject({
    revisions: [
      { revision: 2, reason: 'a test' },
      { revision: 1, version: 'r1', who: expect.stringMatching(/^arn:aws:/) },
    ],
  });
});

test('clients and keys are stored in the tables', async () => {
  await ops('clients', 'add', 'acme', '--plan', 'pro', ...changed);
  const made = await ops('keys', 'create', 'acme', '--permissions', 'orders:*', ...changed);
  expect(made).toMatchObject({ exitCode: 0, json: { key: expect.stringMatching(/^gh_dev_/) } });
  const { keyId } = made.json as { keyId: string };
  expect(await ops('keys', 'rotate', keyId, ...changed)).toMatchObject({ exitCode: 0 });
  expect((await ops('clients', 'show', 'acme', ...asked)).json).toMatchObject({
    keys: [{ keyId, secrets: [{}, {}] }],
  });
});

test('a function that does not answer causes an error with a remedy', async () => {
  expect(await ops('usage', 'show', 'acme', ...asked)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('the credentials may invoke it'),
  });
});
