import * as apigateway from '@aws-sdk/client-api-gateway';
import * as appconfigdata from '@aws-sdk/client-appconfigdata';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as secrets from '@aws-sdk/client-secrets-manager';
import * as sns from '@aws-sdk/client-sns';
import * as sqs from '@aws-sdk/client-sqs';
import { awsEndpoint } from '../../runtime/aws/aws-endpoint.ts';
import type { SdkConfig } from './compared-calls.ts';

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
];
