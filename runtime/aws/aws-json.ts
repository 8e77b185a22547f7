import type { Agent } from 'node:http';
import aws4 from 'aws4';
import { requestText, type TextResponse } from '../http/fetch-json.ts';
import type { AwsCredentials } from './aws-credentials.ts';

/** Where and how one AWS service with a JSON protocol is called. */
export interface AwsJsonService {
  /** As signatures name it: `secretsmanager`. */
  readonly name: string;
  /** What operations are prefixed with: `DynamoDB_20120810`. */
  readonly targetPrefix: string;
  readonly protocolVersion: '1.0' | '1.1';
  /** Base URL, without a path. */
  readonly endpoint: string;
  /** Connections that are kept between calls. @default one for each */
  readonly agent?: Agent;
}

/** @param endpoint Base URL, without a path. */
export function dynamoDb(endpoint: string): AwsJsonService {
  return { name: 'dynamodb', targetPrefix: 'DynamoDB_20120810', protocolVersion: '1.0', endpoint };
}

/** @param endpoint Base URL, without a path. */
export function sqs(endpoint: string): AwsJsonService {
  return { name: 'sqs', targetPrefix: 'AmazonSQS', protocolVersion: '1.0', endpoint };
}

/** @param endpoint Base URL, without a path. */
export function secretsManager(endpoint: string): AwsJsonService {
  return { name: 'secretsmanager', targetPrefix: 'secretsmanager', protocolVersion: '1.1', endpoint };
}

/**
 * One signed call, tried once: the AWS SDK would cost more at start than the whole authorizer. Rejects when the service
 * does not answer in time; any status is an answer.
 *
 * @param timeoutMilliseconds Where the common one of `requestText` is too long.
 */
export function callAws(
  { name, targetPrefix, protocolVersion, endpoint, agent }: AwsJsonService,
  credentials: AwsCredentials,
  operation: string,
  input: unknown,
  timeoutMilliseconds?: number,
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
