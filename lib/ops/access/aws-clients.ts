import { CloudFront } from '@aws-sdk/client-cloudfront';
import { CloudFrontKeyValueStore } from '@aws-sdk/client-cloudfront-keyvaluestore';
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { Lambda } from '@aws-sdk/client-lambda';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { SQS } from '@aws-sdk/client-sqs';
// Registers Signature Version 4A, which CloudFront KeyValueStore requires.
import '@smithy/signature-v4a';
import { edgeRegion } from '../../compile/edge-resource-names.ts';
import { OpsError } from '../commands/ops-error.ts';

/** Settings of every AWS client of the commands. */
export const clientSettings = {
  // One attempt: a write that AWS has carried out but not answered would conflict with itself when repeated.
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 5_000, requestTimeout: 15_000 },
} as const;

/** AWS clients of one gateway. */
export interface AwsClients {
  readonly dynamodb: DynamoDB;
  readonly secretsManager: SecretsManager;
  readonly lambda: Lambda;
  readonly sqs: SQS;
}

/** AWS clients of the edge, which is in another region than the rest of the gateway. */
export interface EdgeClients {
  readonly cloudFront: CloudFront;
  readonly keyValueStore: CloudFrontKeyValueStore;
}

/** Base URLs of the AWS APIs of a local run. */
export type LocalEndpoints = Readonly<
  Record<'dynamodb' | 'secretsManager' | 'lambda' | 'sqs' | 'cloudfront', string>
>;

interface LocalCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

/** Clients with the credentials and endpoints that the AWS tools use: variables, profiles, single sign-on, roles. */
export function awsClients(region: string): AwsClients {
  const settings = { ...clientSettings, region };
  return {
    dynamodb: new DynamoDB(settings),
    secretsManager: new SecretsManager(settings),
    lambda: new Lambda(settings),
    // Receiving waits for messages. Queue URLs do not replace the endpoint, which can be a private one.
    sqs: new SQS({ ...settings, useQueueUrlAsEndpoint: false }),
  };
}

export function awsEdgeClients(): EdgeClients {
  const settings = { ...clientSettings, region: edgeRegion };
  return { cloudFront: new CloudFront(settings), keyValueStore: new CloudFrontKeyValueStore(settings) };
}

/** Clients of the emulated AWS APIs of a local run. */
export function localClients(endpoints: LocalEndpoints, credentials: LocalCredentials): AwsClients {
  const settings = { ...clientSettings, region: credentials.region, credentials };
  return {
    dynamodb: new DynamoDB({ ...settings, endpoint: endpoints.dynamodb }),
    secretsManager: new SecretsManager({ ...settings, endpoint: endpoints.secretsManager }),
    lambda: new Lambda({ ...settings, endpoint: endpoints.lambda }),
    sqs: new SQS({ ...settings, endpoint: endpoints.sqs, useQueueUrlAsEndpoint: false }),
  };
}

export function localEdgeClients({ cloudfront }: LocalEndpoints, credentials: LocalCredentials): EdgeClients {
  const settings = { ...clientSettings, region: edgeRegion, credentials };
  return {
    cloudFront: new CloudFront({ ...settings, endpoint: cloudfront }),
    keyValueStore: new CloudFrontKeyValueStore({
      ...settings,
      // The default rules put the account before the host, which a loopback address does not support.
      endpointProvider: () => ({ url: new URL(cloudfront) }),
    }),
  };
}

/**
 * Waits for a call of AWS.
 *
 * @param operation what is called, for the message: `DynamoDB PutItem`.
 * @param expected names of errors that the caller handles: they result in undefined.
 * @throws {OpsError} for every other error, with its remedy.
 */
export async function sendToAws<T>(
  operation: string,
  call: Promise<T>,
  expected: readonly string[] = [],
): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (expected.includes(error.name)) return undefined;
    throw opsErrorOf(operation, error);
  }
}

/** Returns the current text value of a secret. */
export async function readSecret(secretsManager: SecretsManager, SecretId: string): Promise<string> {
  const call = secretsManager.getSecretValue({ SecretId });
  const secret = await sendToAws(`Secrets Manager GetSecretValue of ${SecretId}`, call);
  if (secret?.SecretString !== undefined) return secret.SecretString;
  throw new OpsError(`The secret ${SecretId} has no text value.`, 'Deploy the environment first.');
}

function opsErrorOf(operation: string, cause: Error): OpsError {
  if (cause.name === 'CredentialsProviderError') {
    return new OpsError(
      `AWS credentials are missing or have expired (${cause.message}).`,
      'Sign in, for example with aws sso login, or set AWS_PROFILE.',
      1,
      { cause },
    );
  }
  const { $metadata: metadata } = cause as { readonly $metadata?: { readonly httpStatusCode?: number } };
  const status = metadata?.httpStatusCode;
  if (status === undefined) {
    return new OpsError(
      `${operation} got no answer (${cause.name}: ${cause.message}).`,
      'Check that the endpoint is reachable, then run the command again.',
      1,
      { cause },
    );
  }
  return new OpsError(
    `${operation} failed (${status} ${cause.name}): ${cause.message}`,
    'Check that the environment is deployed, and that the credentials belong to its account and allow the operation.',
    1,
    { cause },
  );
}
