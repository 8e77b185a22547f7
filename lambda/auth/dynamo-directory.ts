import type { AwsCredentials } from '../shared/aws-credentials.ts';
import { type AwsJsonService, callAws } from '../shared/aws-json.ts';
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
  /** Base URL, without a path. */
  readonly endpoint: string;
  readonly tableName: string;
  /** For each of the two reads of a question. */
  readonly timeoutMilliseconds: number;
  readonly breaker: CircuitBreaker;
  /** Milliseconds, of a clock that does not step back. */
  readonly now: () => number;
  readonly log: Log;
}

/**
 * The directory in a table of DynamoDB: the key's item, then its client's, so that a suspended client or another plan
 * is one write. Nothing is tried twice: the cache in front keeps what it knows, and the breaker probes. An item that
 * cannot be read counts as none and is logged as an error, since what it was meant to allow is not known.
 */
export function createDynamoDirectory(ports: DynamoDirectoryPorts): ClientDirectory {
  const { credentials, endpoint, tableName, timeoutMilliseconds, breaker, now, log } = ports;
  const service: AwsJsonService = {
    name: 'dynamodb',
    targetPrefix: 'DynamoDB_20120810',
    protocolVersion: '1.0',
    endpoint,
  };

  const getItem = async (id: string): Promise<Item | undefined> => {
    // Consistent, so that the time until a change is noticed is the cache's alone.
    const input = { TableName: tableName, Key: { [partitionKey]: { S: id } }, ConsistentRead: true };
    const { status, text } = await callAws(service, credentials, 'GetItem', input, timeoutMilliseconds);
    if (status !== 200) throw new UnexpectedStatusError(`GetItem ${tableName} at ${endpoint}`, status);
    const { Item: item } = JSON.parse(text) as { Item?: unknown };
    return typeof item === 'object' && item !== null ? (item as Item) : undefined;
  };

  const read = async (keyId: string): Promise<DirectoryAnswer> => {
    const keyItem = await getItem(keyItemId(keyId));
    if (keyItem === undefined) return { kind: 'unknown' };
    const { clientId, withClient } = readKeyItem(keyId, keyItem);
    const clientItem = await getItem(clientId);
    return { kind: 'found', credential: withClient(readClientItem(clientItem ?? {})) };
  };

  return {
    find: async (keyId) => {
      if (!breaker.admits(now())) return { kind: 'unavailable', because: 'circuit-open' };
      try {
        const answer = await read(keyId);
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
