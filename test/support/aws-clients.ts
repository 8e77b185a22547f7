import * as apigateway from '@aws-sdk/client-api-gateway';
import * as appconfig from '@aws-sdk/client-appconfig';
import * as appconfigdata from '@aws-sdk/client-appconfigdata';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as lambda from '@aws-sdk/client-lambda';
import * as secrets from '@aws-sdk/client-secrets-manager';
import * as sns from '@aws-sdk/client-sns';
import * as sqs from '@aws-sdk/client-sqs';
import * as ssm from '@aws-sdk/client-ssm';
import * as sts from '@aws-sdk/client-sts';
import { endpointOf } from '../../lib/ops/access/aws-access.ts';
import { awsEndpoint } from '../../runtime/aws/aws-endpoint.ts';
import type { SdkConfig } from './compared-calls/compared-call.ts';

/** The part of an SDK client that all clients share. */
export interface SdkClient {
  readonly config: { readonly serviceId: string };
  send(command: never): Promise<unknown>;
}

type Environment = Readonly<Record<string, string>>;

interface LocatedService {
  readonly service: string;
  readonly make: (config: SdkConfig) => SdkClient;
  readonly command: () => never;
  /** The base URL that the product uses. */
  readonly hostOf: (environment: Environment) => string;
}

const functionClient = (
  service: Parameters<typeof awsEndpoint>[1],
  make: LocatedService['make'],
  command: () => object,
) => {
  const hostOf = (environment: Environment) => awsEndpoint(environment, service);
  return { service, make, command: command as () => never, hostOf };
};

const operatorClient = (service: string, make: LocatedService['make'], command: () => object) => {
  const hostOf = (environment: Environment) => endpointOf(service, 'eu-west-1', environment);
  return { service, make, command: command as () => never, hostOf };
};

/** SDK clients of the regional services that the product calls. */
export const sdkClients: readonly LocatedService[] = [
  functionClient(
    'apigateway',
    (config) => new apigateway.APIGatewayClient(config),
    () => new apigateway.GetUsagePlansCommand({}),
  ),
  functionClient(
    'appconfigdata',
    (config) => new appconfigdata.AppConfigDataClient(config),
    () => new appconfigdata.GetLatestConfigurationCommand({ ConfigurationToken: 't' }),
  ),
  functionClient(
    'dynamodb',
    (config) => new dynamodb.DynamoDBClient({ ...config, accountIdEndpointMode: 'disabled' }),
    () => new dynamodb.ListTablesCommand({}),
  ),
  functionClient(
    'secretsmanager',
    (config) => new secrets.SecretsManagerClient(config),
    () => new secrets.ListSecretsCommand({}),
  ),
  functionClient(
    'sns',
    (config) => new sns.SNSClient(config),
    () => new sns.ListTopicsCommand({}),
  ),
  functionClient(
    'sqs',
    (config) => new sqs.SQSClient(config),
    () => new sqs.ListQueuesCommand({}),
  ),
  operatorClient(
    'appconfig',
    (config) => new appconfig.AppConfigClient(config),
    () => new appconfig.ListApplicationsCommand({}),
  ),
  operatorClient(
    'dynamodb',
    (config) => new dynamodb.DynamoDBClient({ ...config, accountIdEndpointMode: 'disabled' }),
    () => new dynamodb.ListTablesCommand({}),
  ),
  operatorClient(
    'lambda',
    (config) => new lambda.LambdaClient(config),
    () => new lambda.ListFunctionsCommand({}),
  ),
  operatorClient(
    'secretsmanager',
    (config) => new secrets.SecretsManagerClient(config),
    () => new secrets.ListSecretsCommand({}),
  ),
  operatorClient(
    'sqs',
    (config) => new sqs.SQSClient(config),
    () => new sqs.ListQueuesCommand({}),
  ),
  operatorClient(
    'ssm',
    (config) => new ssm.SSMClient(config),
    () => new ssm.GetParameterCommand({ Name: 'n' }),
  ),
  operatorClient(
    'sts',
    (config) => new sts.STSClient(config),
    () => new sts.GetCallerIdentityCommand({}),
  ),
];
