import { type DynamoTable, getItem } from '../../../runtime/aws/dynamodb-item.ts';
import type { CircuitBreaker } from '../../../runtime/limit-store/circuit-breaker.ts';
import { describeError, type Log } from '../../../runtime/logging/log.ts';
import type { ClientDirectory, DirectoryResult } from './client-directory.ts';
import {
  InvalidDirectoryItemError,
  keyItemId,
  partitionKey,
  readClientItem,
  readKeyItem,
} from './directory-item.ts';

/** Its time-out is for each of the two reads of a look-up. */
export interface DynamoDirectoryPorts extends DynamoTable {
  readonly breaker: CircuitBreaker;
  /** Milliseconds, of a clock that does not step back. */
  readonly now: () => number;
  readonly log: Log;
}

/**
 * The directory in a table of DynamoDB: it reads the key's item, then its client's, so that a suspension or
 * another plan is one write. There are no retries: the cache in front keeps known answers, and the breaker
 * probes. An unreadable item counts as missing and is logged as an error, because its intended permissions
 * are unknown.
 */
export function createDynamoDirectory(ports: DynamoDirectoryPorts): ClientDirectory {
  const { breaker, now, log } = ports;
  const find = (id: string) => getItem(ports, { [partitionKey]: { S: id } });

  const read = async (keyId: string): Promise<DirectoryResult> => {
    const keyItem = await find(keyItemId(keyId));
    if (keyItem === undefined) return { kind: 'unknown' };
    const { clientId, withClient } = readKeyItem(keyId, keyItem);
    const clientItem = await find(clientId);
    return { kind: 'found', credential: withClient(readClientItem(clientItem ?? {})) };
  };

  return {
    find: async (keyId) => {
      if (!breaker.admits(now())) return { kind: 'unavailable', reason: 'circuit-open' };
      try {
        const answer = await read(keyId);
        breaker.recordSuccess();
        return answer;
      } catch (error) {
        const reason = describeError(error);
        if (error instanceof InvalidDirectoryItemError) {
          breaker.recordSuccess();
          log.error('A key or its client cannot be read from the directory.', { keyId, reason });
          return { kind: 'unknown' };
        }
        breaker.recordFailure(now());
        log.warn('The directory did not answer.', { reason });
        return { kind: 'unavailable', reason };
      }
    },
  };
}
