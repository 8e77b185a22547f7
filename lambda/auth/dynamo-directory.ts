import { AwsClient } from 'aws4fetch';
import type { AwsCredentials } from '../shared/aws-credentials.ts';
import { UnexpectedStatusError } from '../shared/http.ts';
import { describeError, type Log } from '../shared/log.ts';
import type { CircuitBreaker } from '../shared/store/circuit-breaker.ts';
import type { ClientDirectory, DirectoryAnswer } from './client-directory.ts';
import {
  type Item,
  keyItemId,
  partitionKey,
  readClientItem,
  readKeyItem,
  UnreadableItemError,
} from './directory-item.ts';

export interface DynamoDirectoryPorts {
  readonly credentials: AwsCredentials;
  /** Base URL, without a slash at its end. */
  readonly endpoint: string;
  readonly tableName: string;
  /** For both reads of one question. */
  readonly budgetMilliseconds: number;
  readonly breaker: CircuitBreaker;
  /** Milliseconds, of a clock that does not step back. */
  readonly now: () => number;
  readonly log: Log;
}

/**
 * The directory in a table of DynamoDB: the key's item, then its client's, so that a suspended client or another plan
 * is one write. By signed fetch: the AWS SDK would cost more at start than the whole authorizer. An item that cannot be
 * read counts as none and is logged as an error, since what it was meant to allow is not known.
 */
export function createDynamoDirectory(ports: DynamoDirectoryPorts): ClientDirectory {
  const { credentials, endpoint, tableName, budgetMilliseconds, breaker, now, log } = ports;
  // No retries: the one in front keeps what it knows, and the breaker probes.
  const client = new AwsClient({ ...credentials, service: 'dynamodb', retries: 0 });

  const getItem = async (id: string, signal: AbortSignal): Promise<Item | undefined> => {
    const response = await client.fetch(`${endpoint}/`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'DynamoDB_20120810.GetItem',
      },
      // Consistent, so that the time until a change is noticed is the cache's alone.
      body: JSON.stringify({
        TableName: tableName,
        Key: { [partitionKey]: { S: id } },
        ConsistentRead: true,
      }),
      signal,
    });
    if (!response.ok) throw new UnexpectedStatusError(`GetItem ${tableName} at ${endpoint}`, response.status);
    const { Item: item } = (await response.json()) as { Item?: unknown };
    return typeof item === 'object' && item !== null ? (item as Item) : undefined;
  };

  const read = async (keyId: string, signal: AbortSignal): Promise<DirectoryAnswer> => {
    const keyItem = await getItem(keyItemId(keyId), signal);
    if (keyItem === undefined) return { kind: 'unknown' };
    const { clientId, withClient } = readKeyItem(keyId, keyItem);
    const clientItem = await getItem(clientId, signal);
    return { kind: 'found', credential: withClient(readClientItem(clientItem ?? {})) };
  };

  return {
    find: async (keyId) => {
      if (!breaker.admits(now())) return { kind: 'unavailable', because: 'circuit-open' };
      try {
        const answer = await read(keyId, AbortSignal.timeout(budgetMilliseconds));
        breaker.succeeded();
        return answer;
      } catch (error) {
        const because = describeError(error);
        if (error instanceof UnreadableItemError) {
          breaker.succeeded();
          log.error('A key or its client cannot be read from the directory.', { keyId, because });
          return { kind: 'unknown' };
        }
        breaker.failed(now());
        log.warn('The directory did not answer.', { because });
        return { kind: 'unavailable', because };
      }
    },
  };
}
