import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { callAws, dynamoDb } from '../../../../runtime/aws/aws-json.ts';
import { sampleDeployment } from '../../engine/testing/literal-deployment.ts';
import { UnsupportedError } from '../../engine/unsupported.ts';
import { localCredentials } from '../../run/local-credentials.ts';
import { startTables, type Tables } from './tables.ts';

const clients = {
  KeySchema: [{ AttributeName: 'clientId', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'clientId', AttributeType: 'S' }],
  BillingMode: 'PAY_PER_REQUEST',
  Replicas: [{ Region: 'eu-west-1' }],
};
const deployment = (properties: object) =>
  sampleDeployment({
    ClientsTable: { type: 'AWS::DynamoDB::GlobalTable', properties: properties as Record<string, unknown> },
  });

let folder = '';
let tables: Tables | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-tables-'));
});
afterEach(async () => {
  await tables?.close();
  tables = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const call = async (operation: string, input: object) => {
  const service = dynamoDb(tables?.url ?? '', 10_000);
  const { status, text } = await callAws(service, localCredentials, operation, {
    TableName: 'test.ClientsTable',
    ...input,
  });
  return { status, body: JSON.parse(text) as Record<string, unknown> };
};

test('a new run has the demo clients and keeps writes after a restart', async () => {
  tables = await startTables(deployment(clients), folder);
  const found = await call('GetItem', { Key: { clientId: { S: 'acme' } } });
  expect(found).toMatchObject({ status: 200, body: { Item: { plan: { S: 'pro' } } } });
  await call('PutItem', { Item: { clientId: { S: 'mine' }, plan: { S: 'free' } } });
  await call('DeleteItem', { Key: { clientId: { S: 'acme' } } });
  await tables.close();

  tables = await startTables(deployment(clients), folder);
  expect((await call('Scan', {})).body['Items']).toEqual(
    expect.arrayContaining([
      { clientId: { S: 'mine' }, plan: { S: 'free' } },
      expect.objectContaining({ clientId: { S: 'corner-shop' } }),
    ]),
  );
  expect((await call('GetItem', { Key: { clientId: { S: 'acme' } } })).body).toEqual({});
});

test('refuses a failed condition as DynamoDB does', async () => {
  tables = await startTables(deployment(clients), folder);
  const refused = await call('PutItem', {
    Item: { clientId: { S: 'acme' } },
    ConditionExpression: 'attribute_not_exists(clientId)',
  });
  expect(refused.status).toBe(400);
  expect(refused.body['__type']).toContain('ConditionalCheckFailedException');
});

test('refuses unsupported properties and names them', async () => {
  const start = startTables(deployment({ ...clients, StreamSpecification: {} }), folder);
  await expect(start).rejects.toThrow(UnsupportedError);
  await expect(start).rejects.toThrow(/ClientsTable.*StreamSpecification/);
});
