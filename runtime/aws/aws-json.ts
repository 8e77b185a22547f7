import type { Agent } from 'node:http';
import aws4 from 'aws4';
import { requestText, type TextResponse } from '../http/fetch-json.ts';
import type { AwsCredentials } from './aws-credentials.ts';

/** Endpoint and names of one AWS service with a JSON protocol. */
export interface AwsJsonService {
  /** The service name in signatures: `secretsmanager`. */
  readonly name: string;
  /** The prefix of operations: `DynamoDB_20120810`. */
  readonly targetPrefix: string;
  readonly protocolVersion: '1.0' | '1.1';
  /** Base URL, without a path. */
  readonly endpoint: string;
  /** Keeps connections open between calls. @default a new connection per call */
  readonly agent?: Agent;
  /** Time-out of each call. @default that of `requestText` */
  readonly timeoutMilliseconds?: number | undefined;
}

/** @param endpoint Base URL, without a path. */
export function dynamoDb(endpoint: string, timeoutMilliseconds?: number): AwsJsonService {
  return {
    name: 'dynamodb',
    targetPrefix: 'DynamoDB_20120810',
    protocolVersion: '1.0',
    endpoint,
    timeoutMilliseconds,
  };
}

/** @param endpoint Base URL, without a path. */
export function sqs(endpoint: string, timeoutMilliseconds?: number): AwsJsonService {
  return { name: 'sqs', targetPrefix: 'AmazonSQS', protocolVersion: '1.0', endpoint, timeoutMilliseconds };
}

/** @param endpoint Base URL, without a path. */
export function secretsManager(endpoint: string, timeoutMilliseconds?: number): AwsJsonService {
  return {
    name: 'secretsmanager',
    targetPrefix: 'secretsmanager',
    protocolVersion: '1.1',
    endpoint,
    timeoutMilliseconds,
  };
}

/**
 * Sends one signed call, without retries: loading the AWS SDK would take longer than the whole start of the
 * authorizer. Resolves with any status; rejects when the service does not answer in time.
 */
export function callAws(
  { name, targetPrefix, protocolVersion, endpoint, agent, timeoutMilliseconds }: AwsJsonService,
  credentials: AwsCredentials,
  operation: string,
  input: unknown,
): Promise<TextResponse> {
  const body = JSON.stringify(input);
  const { headers } = aws4.sign(
    {
      host: new URL(endpoint).host,
      path: '/',
      method: 'POST',
      service: name,
      region: credentials.region,
      headers: {
        'content-type': `application/x-amz-json-${protocolVersion}`,
        'x-amz-target': `${targetPrefix}.${operation}`,
      },
      body,
    },
    credentials,
  );
  return requestText(endpoint, {
    method: 'POST',
    headers: headers as Record<string, string>,
    body,
    ...(timeoutMilliseconds === undefined ? {} : { timeoutMilliseconds }),
    ...(agent === undefined ? {} : { agent }),
  });
}
