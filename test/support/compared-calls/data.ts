import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as secrets from '@aws-sdk/client-secrets-manager';
import { createRotatedSecret } from '../../../lambda/origin-rotation/aws-secret.ts';
import { openTable } from '../../../lib/ops/access/dynamodb.ts';
import { readSecret } from '../../../lib/ops/access/read-secret.ts';
import { deleteItem, getItem, queryItems, updateItem } from '../../../runtime/aws/dynamodb-item.ts';
import { createSecretReader } from '../../../runtime/aws/secrets-manager.ts';
import { type ComparedCall, specialCharacters } from './compared-call.ts';

const table = { tableName: 'clients', timeoutMilliseconds: 5_000 };
const token = '00000000-0000-4000-8000-000000000001';

/** Calls of Secrets Manager. */
export const secretsManagerCalls: readonly ComparedCall[] = [
  {
    name: 'Secrets Manager GetSecretValue of both stages',
    ours: (endpoint, credentials) => createSecretReader(credentials, endpoint)('gatehouse/prod/x'),
    sdk: (config) => {
      const client = new secrets.SecretsManagerClient(config);
      return ['AWSCURRENT', 'AWSPREVIOUS'].map(
        (VersionStage) => () =>
          client.send(new secrets.GetSecretValueCommand({ SecretId: 'gatehouse/prod/x', VersionStage })),
      );
    },
  },
  {
    name: 'Secrets Manager GetSecretValue by an operator',
    ours: (endpoint, credentials) => readSecret(endpoint, credentials, 'gatehouse/prod/x'),
    sdk: (config) => {
      const client = new secrets.SecretsManagerClient(config);
      return [() => client.send(new secrets.GetSecretValueCommand({ SecretId: 'gatehouse/prod/x' }))];
    },
  },
  {
    name: 'Secrets Manager operations of a rotation',
    ours: async (endpoint, credentials) => {
      const secret = createRotatedSecret(credentials, endpoint, () => 0);
      await secret.stages('s');
      await secret.current('s');
      await secret.valueOf('s', token);
      await secret.putPending('s', token, specialCharacters);
      await secret.promote('s', token, 'former-version');
      await secret.promote('s', token, undefined);
    },
    sdk: (config) => {
      const client = new secrets.SecretsManagerClient(config);
      const pending = {
        ClientRequestToken: token,
        SecretString: specialCharacters,
        VersionStages: ['AWSPENDING'],
      };
      const promoted = { SecretId: 's', VersionStage: 'AWSCURRENT', MoveToVersionId: token };
      return [
        () => client.send(new secrets.DescribeSecretCommand({ SecretId: 's' })),
        () => client.send(new secrets.GetSecretValueCommand({ SecretId: 's', VersionStage: 'AWSCURRENT' })),
        () => client.send(new secrets.GetSecretValueCommand({ SecretId: 's', VersionId: token })),
        () => client.send(new secrets.PutSecretValueCommand({ SecretId: 's', ...pending })),
        () =>
          client.send(
            new secrets.UpdateSecretVersionStageCommand({
              ...promoted,
              RemoveFromVersionId: 'former-version',
            }),
          ),
        () => client.send(new secrets.UpdateSecretVersionStageCommand(promoted)),
      ];
    },
  },
];

/** Calls of DynamoDB. */
export const dynamoDbCalls: readonly ComparedCall[] = [
  {
    name: 'DynamoDB operations of functions',
    ours: async (endpoint, credentials) => {
      const of = { ...table, endpoint, credentials };
      await getItem(of, { id: { S: specialCharacters } });
      await queryItems(of, { name: 'id', value: 'a' });
      await updateItem(
        of,
        { id: { S: 'a' } },
        {
          expression: 'ADD #n :n',
          condition: 'attribute_not_exists(#n)',
          names: { '#n': 'n' },
          values: { ':n': { N: '1' } },
        },
      );
      await deleteItem(of, { id: { S: 'a' } });
    },
    sdk: (config) => {
      const client = new dynamodb.DynamoDBClient(config);
      const TableName = 'clients';
      return [
        () =>
          client.send(
            new dynamodb.GetItemCommand({
              TableName,
              Key: { id: { S: specialCharacters } },
              ConsistentRead: true,
            }),
          ),
        () =>
          client.send(
            new dynamodb.QueryCommand({
              TableName,
              ConsistentRead: true,
              KeyConditionExpression: '#partition = :partition',
              ExpressionAttributeNames: { '#partition': 'id' },
              ExpressionAttributeValues: { ':partition': { S: 'a' } },
            }),
          ),
        () =>
          client.send(
            new dynamodb.UpdateItemCommand({
              TableName,
              Key: { id: { S: 'a' } },
              UpdateExpression: 'ADD #n :n',
              ConditionExpression: 'attribute_not_exists(#n)',
              ExpressionAttributeNames: { '#n': 'n' },
              ExpressionAttributeValues: { ':n': { N: '1' } },
              ReturnValues: 'ALL_NEW',
            }),
          ),
        () => client.send(new dynamodb.DeleteItemCommand({ TableName, Key: { id: { S: 'a' } } })),
      ];
    },
  },
  {
    name: 'DynamoDB operations of operators',
    ours: async (endpoint, credentials) => {
      const opened = openTable(endpoint, credentials, 'clients');
      await opened.write('PutItem', { Item: { id: { S: 'a' }, l: { L: [{ BOOL: true }] } } });
      await opened.read('Scan');
    },
    sdk: (config) => {
      const client = new dynamodb.DynamoDBClient(config);
      const TableName = 'clients';
      const Item = { id: { S: 'a' }, l: { L: [{ BOOL: true }] } };
      return [
        () => client.send(new dynamodb.PutItemCommand({ TableName, Item })),
        () => client.send(new dynamodb.ScanCommand({ TableName })),
      ];
    },
  },
];
