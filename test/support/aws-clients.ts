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

/** What the clients of the SDK have in common. */
export interface SdkClient {
  readonly config: { readonly serviceId: string };
  send(command: never): Promise<unknown>;
}

type Environment = Readonly<Record<string, string>>;

interface FoundService {
  readonly service: string;
  readonly make: (config: SdkConfig) => SdkClient;
  readonly command: () => never;
  /** Base URL by the product's own rule. */
  readonly hostOf: (environment: Environment) => string;
}

const ofFunctions = (
  service: Parameters<typeof awsEndpoint>[1],
  make: FoundService['make'],
  command: () => object,
) => {
  const hostOf = (environment: Environment) => awsEndpoint(environment, service);
  return { service, make, command: command as () => never, hostOf };
};

const ofOperators = (service: string, make: FoundService['make'], command: () => object) => {
  const hostOf = (environment: Environment) => endpointOf(service, 'eu-west-1', environment);
  return { service, make, command: command as () => never, hostOf };
};

/** Each service of a region that the product calls, by the client of the SDK. */
export const sdkClients: readonly FoundService[] = [
  ofFunctions(
    'apigateway',
    (config) => new apigateway.APIGatewayClient(config),
    () => new apigateway.GetUsagePlansCommand({}),
  ),
  ofFunctions(
    'appconfigdata',
    (config) => new appconfigdata.AppConfigDataClient(config),
    () => new appconfigdata.GetLatestConfigurationCommand({ ConfigurationToken: 't' }),
  ),
  ofFunctions(
    'dynamodb',
    (config) => new dynamodb.DynamoDBClient({ ...config, accountIdEndpointMode: 'disabled' }),
    () => new dynamodb.ListTablesCommand({}),
  ),
  ofFunctions(
    'secretsmanager',
    (config) => new secrets.SecretsManagerClient(config),
    () => new secrets.ListSecretsCommand({}),
  ),
  ofFunctions(
    'sns',
    (config) => new sns.SNSClient(config),
    () => new sns.ListTopicsCommand({}),
  ),
  ofFunctions(
    'sqs',
    (config) => new sqs.SQSClient(config),
    () => new sqs.ListQueuesCommand({}),
  ),
  ofOperators(
    'appconfig',
    (config) => new appconfig.AppConfigClient(config),
    () => new appconfig.ListApplicationsCommand({}),
  ),
  ofOperators(
    'dynamodb',
    (config) => new dynamodb.DynamoDBClient({ ...config, accountIdEndpointMode: 'disabled' }),
    () => new dynamodb.ListTablesCommand({}),
  ),
  ofOperators(
    'lambda',
    (config) => new lambda.LambdaClient(config),
    () => new lambda.ListFunctionsCommand({}),
  ),
  ofOperators(
    'secretsmanager',
    (config) => new secrets.SecretsManagerClient(config),
    () => new secrets.ListSecretsCommand({}),
  ),
  ofOperators(
    'sqs',
    (config) => new sqs.SQSClient(config),
    () => new sqs.ListQueuesCommand({}),
  ),
  ofOperators(
    'ssm',
    (config) => new ssm.SSMClient(config),
    () => new ssm.GetParameterCommand({ Name: 'n' }),
  ),
  ofOperators(
    'sts',
    (config) => new sts.STSClient(config),
    () => new sts.GetCallerIdentityCommand({}),
  ),
];
