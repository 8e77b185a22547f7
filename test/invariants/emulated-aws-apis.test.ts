import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as apigateway from '@aws-sdk/client-api-gateway';
import * as appconfigdata from '@aws-sdk/client-appconfigdata';
import * as cloudfront from '@aws-sdk/client-cloudfront';
import * as keyvalues from '@aws-sdk/client-cloudfront-keyvaluestore';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as lambda from '@aws-sdk/client-lambda';
import * as secrets from '@aws-sdk/client-secrets-manager';
// Registers Signature Version 4A, which key-value stores require.
import '@smithy/signature-v4a';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startAppConfigData } from '../../lib/local/emulators/appconfig/appconfig-data.ts';
import { startCloudFrontApi } from '../../lib/local/emulators/cloudfront/cloudfront-api.ts';
import { openKeyValues } from '../../lib/local/emulators/cloudfront/key-values.ts';
import { startTables } from '../../lib/local/emulators/dynamodb/tables.ts';
import { startInvokeEndpoint } from '../../lib/local/emulators/lambda/invoke-endpoint.ts';
import { startControlPlane } from '../../lib/local/emulators/rest-api/control-plane.ts';
import type { UsagePlanLimits } from '../../lib/local/emulators/rest-api/usage-plans.ts';
import { startSecretsManager } from '../../lib/local/emulators/secrets-manager/secrets-manager.ts';
import { sampleDeployment } from '../../lib/local/engine/testing/literal-deployment.ts';
import { localCredentials } from '../../lib/local/run/local-credentials.ts';

/*
 * The AWS APIs of the local run, called by the AWS SDK for every operation that the product uses. The tests of SQS, SNS
 * and CloudWatch are next to their code.
 */

let folder = '';
const open: { close(): unknown }[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'local-aws-apis-'));
});
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Closes a server when the test ends, and returns the options of an SDK client that calls it. */
function clientOf(server: { readonly url: string; close(): unknown }) {
  open.push(server);
  const { region, ...credentials } = localCredentials;
  return { endpoint: server.url, region, credentials, maxAttempts: 1 };
}

test('Secrets Manager returns, stores and rotates values', async () => {
  const properties = { Name: 'gatehouse/local/x', GenerateSecretString: { PasswordLength: 40 } };
  const deployment = sampleDeployment({ Secret: { type: 'AWS::SecretsManager::Secret', properties } });
  const server = await startSecretsManager(deployment, folder, () => 0);
  const client = new secrets.SecretsManagerClient(clientOf(server));
  const SecretId = 'gatehouse/local/x';
  const read = async (VersionStage: string) =>
    (await client.send(new secrets.GetSecretValueCommand({ SecretId, VersionStage }))).SecretString;
  const first = await read('AWSCURRENT');
  expect(first).toHaveLength(40);
  await expect(read('AWSPREVIOUS')).rejects.toBeInstanceOf(secrets.ResourceNotFoundException);
  await client.send(new secrets.PutSecretValueCommand({ SecretId, SecretString: 'second' }));
  expect([await read('AWSCURRENT'), await read('AWSPREVIOUS')]).toEqual(['second', first]);
});

test('AppConfig data returns a document once per session', async () => {
  const configuration = { application: ['app'], environment: ['env'], profile: ['profile'] };
  let tokens = 0;
  const server = await startAppConfigData(
    configuration as never,
    () => ({ number: 3, text: '{"schema":1}' }),
    () => {
      tokens += 1;
      return `token+/=${tokens}`;
    },
  );
  const client = new appconfigdata.AppConfigDataClient(clientOf(server));
  const session = {
    ApplicationIdentifier: 'app',
    EnvironmentIdentifier: 'env',
    ConfigurationProfileIdentifier: 'profile',
    RequiredMinimumPollIntervalInSeconds: 30,
  };
  const started = await client.send(new appconfigdata.StartConfigurationSessionCommand(session));
  const latest = (ConfigurationToken: string | undefined) =>
    client.send(new appconfigdata.GetLatestConfigurationCommand({ ConfigurationToken }));
  const first = await latest(started.InitialConfigurationToken);
  expect(first.Configuration?.transformToString()).toBe('{"schema":1}');
  expect(first.NextPollIntervalInSeconds).toBe(0);
  const second = await latest(first.NextPollConfigurationToken);
  expect(second.Configuration?.transformToString() ?? '').toBe('');
  await expect(latest(started.InitialConfigurationToken)).rejects.toBeInstanceOf(
    appconfigdata.BadRequestException,
  );
  const unknown = { ...session, ApplicationIdentifier: 'other' };
  await expect(
    client.send(new appconfigdata.StartConfigurationSessionCommand(unknown)),
  ).rejects.toBeInstanceOf(appconfigdata.ResourceNotFoundException);
});

test('DynamoDB carries out the operations of functions and of operators', async () => {
  const properties = {
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
    Replicas: [{ Region: 'eu-west-1' }],
  };
  const deployment = sampleDeployment({ Table: { type: 'AWS::DynamoDB::GlobalTable', properties } });
  const client = new dynamodb.DynamoDBClient(clientOf(await startTables(deployment, folder)));
  const TableName = 'test.Table';
  const Key = { id: { S: 'a' } };
  await client.send(new dynamodb.PutItemCommand({ TableName, Item: { ...Key, n: { N: '1' } } }));
  const update = {
    TableName,
    Key,
    UpdateExpression: 'ADD #n :one',
    ConditionExpression: '#n < :two',
    ExpressionAttributeNames: { '#n': 'n' },
    ExpressionAttributeValues: { ':one': { N: '1' }, ':two': { N: '2' } },
    ReturnValues: 'ALL_NEW',
  } as const;
  const updated = await client.send(new dynamodb.UpdateItemCommand(update));
  expect(updated.Attributes?.['n']).toEqual({ N: '2' });
  await expect(client.send(new dynamodb.UpdateItemCommand(update))).rejects.toBeInstanceOf(
    dynamodb.ConditionalCheckFailedException,
  );
  const found = await client.send(new dynamodb.GetItemCommand({ TableName, Key, ConsistentRead: true }));
  expect(found.Item).toEqual({ id: { S: 'a' }, n: { N: '2' } });
  const query = {
    TableName,
    KeyConditionExpression: '#partition = :partition',
    ExpressionAttributeNames: { '#partition': 'id' },
    ExpressionAttributeValues: { ':partition': { S: 'a' } },
  };
  expect((await client.send(new dynamodb.QueryCommand(query))).Count).toBe(1);
  await client.send(new dynamodb.DeleteItemCommand({ TableName, Key }));
  expect((await client.send(new dynamodb.ScanCommand({ TableName }))).Items).toEqual([]);
});

describe('CloudFront', () => {
  const arn = 'arn:aws:cloudfront::123456789012:key-value-store/local';
  const resources = sampleDeployment({
    Store: { type: 'AWS::CloudFront::KeyValueStore', properties: {} },
    Edge: { type: 'AWS::CloudFront::Distribution', properties: {} },
  });
  const deployment = {
    ...resources,
    byReference: (reference: string) => resources.byReference(reference === arn ? 'test.Store' : reference),
  };
  const start = async (invalidate: (items: readonly string[]) => void = () => undefined) =>
    clientOf(
      await startCloudFrontApi(deployment, { keyValues: openKeyValues(join(folder, 'kvs')), invalidate }),
    );

  test('key-value store describes, lists and changes keys', async () => {
    const config = await start();
    const { hostname, port } = new URL(config.endpoint);
    // The client prefixes the host with the account id, which does not resolve on loopback.
    const endpoint = `http://localhost:${port}`;
    const client = new keyvalues.CloudFrontKeyValueStoreClient({ ...config, endpoint });
    client.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { hostname: string; headers: Record<string, string> };
        request.hostname = hostname;
        request.headers['host'] = `${hostname}:${port}`;
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    const KvsARN = arn;
    const { ETag: IfMatch } = await client.send(new keyvalues.DescribeKeyValueStoreCommand({ KvsARN }));
    const change = { KvsARN, IfMatch, Puts: [{ Key: 'kill', Value: '[]' }], Deletes: [{ Key: 'other' }] };
    await client.send(new keyvalues.UpdateKeysCommand(change));
    const listed = await client.send(new keyvalues.ListKeysCommand({ KvsARN, MaxResults: 50 }));
    expect(listed.Items).toEqual([{ Key: 'kill', Value: '[]' }]);
    await expect(client.send(new keyvalues.UpdateKeysCommand(change))).rejects.toBeInstanceOf(
      keyvalues.ConflictException,
    );
  });

  test('distribution invalidates paths and tags', async () => {
    const invalidated: string[] = [];
    const client = new cloudfront.CloudFrontClient(await start((items) => invalidated.push(...items)));
    const made = await client.send(
      new cloudfront.CreateInvalidationCommand({
        DistributionId: 'test.Edge',
        InvalidationBatch: { CallerReference: 'r', Paths: { Quantity: 2, Items: ['/a&b/*', '#tag'] } },
      }),
    );
    expect(made.Invalidation?.Status).toBe('Completed');
    expect(invalidated).toEqual(['/a&b/*', '#tag']);
  });
});

test('API Gateway reads and changes a usage plan', async () => {
  let terms: UsagePlanLimits = { throttle: { rateLimit: 5, burstLimit: 10 } };
  const plans = {
    read: (id: string) => (id === 'plan' ? terms : undefined),
    write: (_: string, changed: UsagePlanLimits) => {
      terms = changed;
    },
  };
  const client = new apigateway.APIGatewayClient(clientOf(await startControlPlane(plans as never)));
  const usagePlanId = 'plan';
  expect(await client.send(new apigateway.GetUsagePlanCommand({ usagePlanId }))).toMatchObject(terms);
  const patchOperations = [{ op: 'replace', path: '/throttle/rateLimit', value: '7.5' }] as const;
  const changed = await client.send(
    new apigateway.UpdateUsagePlanCommand({ usagePlanId, patchOperations: [...patchOperations] }),
  );
  expect(changed.throttle).toEqual({ rateLimit: 7.5, burstLimit: 10 });
  await expect(
    client.send(new apigateway.GetUsagePlanCommand({ usagePlanId: 'other' })),
  ).rejects.toBeInstanceOf(apigateway.NotFoundException);
});

test('Lambda invokes a function and returns its error', async () => {
  const invoke = async (name: string, event: unknown) =>
    name === 'auth:live' ? { ok: true, payload: { event } } : { ok: false, error: 'It failed.' };
  const client = new lambda.LambdaClient(clientOf(await startInvokeEndpoint({ invoke } as never)));
  const call = (FunctionName: string) =>
    client.send(new lambda.InvokeCommand({ FunctionName, Payload: Buffer.from('{"a":"ü"}') }));
  const done = await call('auth:live');
  expect([done.FunctionError, done.Payload?.transformToString()]).toEqual([undefined, '{"event":{"a":"ü"}}']);
  const failed = await call('other');
  expect([failed.FunctionError, failed.Payload?.transformToString()]).toEqual([
    'Unhandled',
    '{"errorMessage":"It failed."}',
  ]);
});
