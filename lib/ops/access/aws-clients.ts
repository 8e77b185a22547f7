import type { CloudFront, CloudFrontClientConfig } from '@aws-sdk/client-cloudfront';
import type {
  CloudFrontKeyValueStore,
  CloudFrontKeyValueStoreClientConfig,
} from '@aws-sdk/client-cloudfront-keyvaluestore';
import type { DynamoDB } from '@aws-sdk/client-dynamodb';
import type { Lambda } from '@aws-sdk/client-lambda';
import type { SecretsManager } from '@aws-sdk/client-secrets-manager';
import type { SQS } from '@aws-sdk/client-sqs';
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
  return clientsWith({ ...clientSettings, region }, {});
}

export function awsEdgeClients(): EdgeClients {
  const settings = { ...clientSettings, region: edgeRegion };
  return edgeClientsWith(settings, settings);
}

/** Clients of the emulated AWS APIs of a local run. */
export function localClients(endpoints: LocalEndpoints, credentials: LocalCredentials): AwsClients {
  return clientsWith({ ...clientSettings, region: credentials.region, credentials }, endpoints);
}

export function localEdgeClients({ cloudfront }: LocalEndpoints, credentials: LocalCredentials): EdgeClients {
  const settings = { ...clientSettings, region: edgeRegion, credentials };
  return edgeClientsWith(
    { ...settings, endpoint: cloudfront },
    {
      ...settings,
      // The default rules put the account before the host, which a loopback address does not support.
      endpointProvider: () => ({ url: new URL(cloudfront) }),
    },
  );
}

type Settings = typeof clientSettings & {
  readonly region: string;
  readonly credentials?: LocalCredentials;
};

function clientsWith(settings: Settings, endpoints: Partial<LocalEndpoints>): AwsClients {
  const at = (endpoint: string | undefined) =>
    endpoint === undefined ? settings : { ...settings, endpoint };
  return {
    dynamodb: lazyClient(async () => {
      const { DynamoDB } = await import('@aws-sdk/client-dynamodb');
      return new DynamoDB(at(endpoints.dynamodb));
    }),
    secretsManager: lazyClient(async () => {
      const { SecretsManager } = await import('@aws-sdk/client-secrets-manager');
      return new SecretsManager(at(endpoints.secretsManager));
    }),
    lambda: lazyClient(async () => {
      const { Lambda } = await import('@aws-sdk/client-lambda');
      return new Lambda(at(endpoints.lambda));
    }),
    sqs: lazyClient(async () => {
      const { SQS } = await import('@aws-sdk/client-sqs');
      // Queue URLs do not replace the endpoint, which can be a private one.
      return new SQS({ ...at(endpoints.sqs), useQueueUrlAsEndpoint: false });
    }),
  };
}

function edgeClientsWith(
  ofCloudFront: CloudFrontClientConfig,
  ofStore: CloudFrontKeyValueStoreClientConfig,
): EdgeClients {
  return {
    cloudFront: lazyClient(async () => {
      const { CloudFront } = await import('@aws-sdk/client-cloudfront');
      return new CloudFront(ofCloudFront);
    }),
    keyValueStore: lazyClient(async () => {
      const { CloudFrontKeyValueStore } = await import('@aws-sdk/client-cloudfront-keyvaluestore');
      // Registers Signature Version 4A, which CloudFront KeyValueStore requires.
      await import('@smithy/signature-v4a');
      return new CloudFrontKeyValueStore(ofStore);
    }),
  };
}

/** A client that is loaded by the first call: most commands need one or two of them. All its methods are asynchronous. */
export function lazyClient<Client extends object>(load: () => Promise<Client>): Client {
  let loaded: Promise<Client> | undefined;
  return new Proxy({} as Client, {
    get:
      (_, name) =>
      async (...args: unknown[]): Promise<unknown> => {
        loaded ??= load();
        const client = (await loaded) as Readonly<Record<PropertyKey, (...all: unknown[]) => unknown>>;
        return await client[name]?.(...args);
      },
  });
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
