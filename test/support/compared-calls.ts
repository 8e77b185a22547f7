import * as apigateway from '@aws-sdk/client-api-gateway';
import * as appconfigdata from '@aws-sdk/client-appconfigdata';
import * as cloudfront from '@aws-sdk/client-cloudfront';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as kafka from '@aws-sdk/client-kafka';
import * as secrets from '@aws-sdk/client-secrets-manager';
import * as sns from '@aws-sdk/client-sns';
import * as sqs from '@aws-sdk/client-sqs';
import { createOriginHeaderDistribution } from '../../lambda/origin-rotation/aws-distribution.ts';
import { createRotatedSecret } from '../../lambda/origin-rotation/aws-secret.ts';
import { createUsagePlans } from '../../lambda/partner-plans/usage-plans.ts';
import { createFallbackQueue } from '../../lambda/webhooks/fallback-queue.ts';
import { createConfigurationPoll } from '../../runtime/aws/appconfig-data.ts';
import type { AwsCredentials } from '../../runtime/aws/aws-credentials.ts';
import { deleteItem, getItem, queryItems, updateItem } from '../../runtime/aws/dynamodb-item.ts';
import { createSecretReader } from '../../runtime/aws/secrets-manager.ts';
import { publishMessage } from '../../runtime/aws/sns.ts';
import { sendMessage } from '../../runtime/aws/sqs.ts';
import { mskCluster } from '../../runtime/events/msk-cluster.ts';
import { createLog } from '../../runtime/logging/log.ts';
import { deduplicationIdOf, orderGroupOf } from '../../runtime/webhooks/webhook-deliveries.ts';

/** One use of AWS by the product, and the same operations by AWS's SDK, in the order in which they are sent. */
export interface ComparedCall {
  readonly name: string;
  readonly ours: (endpoint: string, credentials: AwsCredentials) => Promise<unknown>;
  readonly sdk: (config: SdkConfig) => readonly (() => Promise<unknown>)[];
  /** Whether the product changes a document that it has read: then the bodies may differ. */
  readonly editsBody?: boolean;
}

/** What every client of the SDK is made with. */
export interface SdkConfig {
  readonly region: string;
  readonly credentials: AwsCredentials;
  readonly requestHandler: never;
  readonly maxAttempts: 1;
  readonly endpoint?: string;
}

const emptyEvent = {
  specversion: '1.0',
  id: 'evt-ü-1',
  source: '/webhooks/stripe',
  type: 'payments.webhook',
  time: '2026-11-20T12:00:00.000Z',
  subject: 's',
  partitionkey: 'key/1',
  data: {},
} as never;

const clusterArn = 'arn:aws:kafka:eu-west-1:123456789012:cluster/gatehouse-prod/abcd-1';
const queueUrl = 'https://sqs.eu-west-1.amazonaws.com/123456789012/queue.fifo';
const table = { tableName: 'clients', timeoutMilliseconds: 5_000 };
const awkward = 'ü "quoted" <&> + %2F\n';
const token = '00000000-0000-4000-8000-000000000001';
const log = createLog(() => undefined);

const inQueue = (endpoint: string, credentials: AwsCredentials) => ({
  endpoint,
  credentials,
  queueUrl,
  timeoutMilliseconds: 5_000,
});

const ofSqs: readonly ComparedCall[] = [
  {
    name: 'SQS SendMessage',
    ours: (endpoint, credentials) => sendMessage(inQueue(endpoint, credentials), awkward),
    sdk: (config) => {
      const client = new sqs.SQSClient(config);
      return [() => client.send(new sqs.SendMessageCommand({ QueueUrl: queueUrl, MessageBody: awkward }))];
    },
  },
  {
    name: 'SQS SendMessage to a FIFO queue',
    ours: (endpoint, credentials) =>
      createFallbackQueue(inQueue(endpoint, credentials), credentials, log).send(emptyEvent),
    sdk: (config) => {
      const client = new sqs.SQSClient(config);
      const input = {
        QueueUrl: queueUrl,
        MessageBody: JSON.stringify(emptyEvent),
        MessageGroupId: orderGroupOf(emptyEvent),
        MessageDeduplicationId: deduplicationIdOf(emptyEvent),
      };
      return [() => client.send(new sqs.SendMessageCommand(input))];
    },
  },
];

const ofSns: readonly ComparedCall[] = [
  {
    name: 'SNS Publish',
    ours: (endpoint, credentials) =>
      publishMessage(
        {
          endpoint,
          credentials,
          topicArn: 'arn:aws:sns:eu-west-1:123456789012:t',
          timeoutMilliseconds: 5_000,
        },
        "prod: 80 % of the quota (it's used)",
        `${awkward}*~-_.!`,
      ),
    sdk: (config) => {
      const client = new sns.SNSClient(config);
      const input = {
        TopicArn: 'arn:aws:sns:eu-west-1:123456789012:t',
        Subject: "prod: 80 % of the quota (it's used)",
        Message: `${awkward}*~-_.!`,
      };
      return [() => client.send(new sns.PublishCommand(input))];
    },
  },
];

const ofSecretsManager: readonly ComparedCall[] = [
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
    name: 'Secrets Manager operations of a rotation',
    ours: async (endpoint, credentials) => {
      const secret = createRotatedSecret(credentials, endpoint, () => 0);
      await secret.stages('s');
      await secret.current('s');
      await secret.valueOf('s', token);
      await secret.putPending('s', token, awkward);
      await secret.promote('s', token, 'former-version');
      await secret.promote('s', token, undefined);
    },
    sdk: (config) => {
      const client = new secrets.SecretsManagerClient(config);
      const pending = { ClientRequestToken: token, SecretString: awkward, VersionStages: ['AWSPENDING'] };
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

const ofDynamo: readonly ComparedCall[] = [
  {
    name: 'DynamoDB operations of functions',
    ours: async (endpoint, credentials) => {
      const of = { ...table, endpoint, credentials };
      await getItem(of, { id: { S: awkward } });
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
            new dynamodb.GetItemCommand({ TableName, Key: { id: { S: awkward } }, ConsistentRead: true }),
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
];

const ofAppConfig: readonly ComparedCall[] = [
  {
    name: 'AppConfig data session',
    ours: (endpoint, credentials) =>
      createConfigurationPoll(credentials, endpoint, {
        application: 'app',
        environment: 'env',
        profile: 'profile',
        pollSeconds: 30,
      })(),
    sdk: (config) => {
      const client = new appconfigdata.AppConfigDataClient(config);
      const session = {
        ApplicationIdentifier: 'app',
        EnvironmentIdentifier: 'env',
        ConfigurationProfileIdentifier: 'profile',
        RequiredMinimumPollIntervalInSeconds: 30,
      };
      const ConfigurationToken = 'token+/=:1';
      return [
        () => client.send(new appconfigdata.StartConfigurationSessionCommand(session)),
        () => client.send(new appconfigdata.GetLatestConfigurationCommand({ ConfigurationToken })),
      ];
    },
  },
];

const distribution = (endpoint: string) => ({
  endpoint,
  distributionId: 'E1',
  headerName: 'x-gw-origin-secret',
});

const ofCloudFront: readonly ComparedCall[] = [
  {
    name: 'CloudFront GetDistribution, GetDistributionConfig and UpdateDistribution',
    ours: async (endpoint, credentials) => {
      const sending = createOriginHeaderDistribution(credentials, distribution(endpoint));
      await sending.sent();
      await sending.send('b'.repeat(64));
    },
    editsBody: true,
    sdk: (config) => {
      const client = new cloudfront.CloudFrontClient(config);
      return [
        () => client.send(new cloudfront.GetDistributionCommand({ Id: 'E1' })),
        () => client.send(new cloudfront.GetDistributionConfigCommand({ Id: 'E1' })),
        () =>
          client.send(
            new cloudfront.UpdateDistributionCommand({
              Id: 'E1',
              IfMatch: 'etag',
              DistributionConfig: {} as never,
            }),
          ),
      ];
    },
  },
];

const patch = [{ op: 'replace', path: '/throttle/rateLimit', value: '5' }] as const;

const ofOthers: readonly ComparedCall[] = [
  {
    name: 'API Gateway GetUsagePlan and UpdateUsagePlan',
    ours: async (endpoint, credentials) => {
      const plans = createUsagePlans(credentials, endpoint);
      await plans.read('abc');
      await plans.patch('abc', patch);
    },
    sdk: (config) => {
      const client = new apigateway.APIGatewayClient(config);
      return [
        () => client.send(new apigateway.GetUsagePlanCommand({ usagePlanId: 'abc' })),
        () =>
          client.send(
            new apigateway.UpdateUsagePlanCommand({ usagePlanId: 'abc', patchOperations: [...patch] }),
          ),
      ];
    },
  },
  {
    name: 'MSK GetBootstrapBrokers',
    ours: (endpoint, credentials) =>
      mskCluster(clusterArn, {
        clientId: 'c',
        nowMs: Date.now,
        credentials: () => credentials,
        endpoint,
      }).brokers(),
    sdk: (config) => {
      const client = new kafka.KafkaClient(config);
      return [() => client.send(new kafka.GetBootstrapBrokersCommand({ ClusterArn: clusterArn }))];
    },
  },
];

export const comparedCalls: readonly ComparedCall[] = [
  ...ofSqs,
  ...ofSns,
  ...ofSecretsManager,
  ...ofDynamo,
  ...ofAppConfig,
  ...ofCloudFront,
  ...ofOthers,
];

/** Files of the product that call AWS by hand, all of which the calls above use. */
export const comparedFiles: readonly string[] = [
  'lambda/origin-rotation/aws-distribution.ts',
  'lambda/origin-rotation/aws-secret.ts',
  'lambda/partner-plans/usage-plans.ts',
  'runtime/aws/appconfig-data.ts',
  'runtime/aws/aws-json.ts',
  'runtime/aws/aws-rest.ts',
  'runtime/aws/dynamodb-item.ts',
  'runtime/events/msk-cluster.ts',
  'runtime/events/msk-token.ts',
  'runtime/aws/secrets-manager.ts',
  'runtime/aws/sns.ts',
  'runtime/aws/sqs.ts',
  'runtime/limit-store/iam-token.ts',
  'lambda/webhooks/fallback-queue.ts',
  // Makes the tables of the local run.
  'lib/local/emulators/dynamodb/tables.ts',
];
