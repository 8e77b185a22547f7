import type { AwsCredentials } from '../shared/aws-credentials.ts';
import { type AwsJsonService, callAws } from '../shared/aws-json.ts';
import { UnexpectedStatusError } from '../shared/http.ts';
import type { CircuitBreaker } from '../shared/store/circuit-breaker.ts';
import type { Usage, UsageTable } from './usage-rebuild.ts';

export interface DynamoUsagePorts {
  readonly credentials: AwsCredentials;
  /** Base URL, without a path. */
  readonly endpoint: string;
  readonly tableName: string;
  readonly timeoutMilliseconds: number;
  readonly breaker: CircuitBreaker;
  /** Milliseconds, of a clock that does not step back. */
  readonly now: () => number;
}

/**
 * Usage in a table of DynamoDB. An item: `clientId` S, whom the store counts (`user:` or `client:` and a digest), `month`
 * S (`2026-11`, or `2026-11-15` for a month that begins on the 15th), and if need be `requests` N and `bytes` N.
 * Attributes that are not named here are left alone.
 */
export function createDynamoUsage(ports: DynamoUsagePorts): UsageTable {
  const { credentials, endpoint, tableName, timeoutMilliseconds, breaker, now } = ports;
  const service: AwsJsonService = {
    name: 'dynamodb',
    targetPrefix: 'DynamoDB_20120810',
    protocolVersion: '1.0',
    endpoint,
  };

  const getItem = async (caller: string, month: string): Promise<Usage> => {
    const input = {
      TableName: tableName,
      Key: { clientId: { S: caller }, month: { S: month } },
      ConsistentRead: true,
    };
    const { status, text } = await callAws(service, credentials, 'GetItem', input, timeoutMilliseconds);
    if (status !== 200) throw new UnexpectedStatusError(`GetItem ${tableName} at ${endpoint}`, status);
    const { Item: item = {} } = JSON.parse(text) as { Item?: Readonly<Record<string, unknown>> };
    return { requests: countOf(item, 'requests'), bytes: countOf(item, 'bytes') };
  };

  return {
    read: async (caller, month) => {
      if (!breaker.admits(now())) throw new Error('circuit-open');
      try {
        const usage = await getItem(caller, month);
        breaker.succeeded();
        return usage;
      } catch (error) {
        breaker.failed(now());
        throw error;
      }
    },
  };
}

/** @throws Error for an attribute that is no count: what was used is not known then, which is not "nothing". */
function countOf(item: Readonly<Record<string, unknown>>, name: string): number {
  if (!Object.hasOwn(item, name)) return 0;
  const count = Number((item[name] as { readonly N?: string } | null)?.N);
  if (!Number.isSafeInteger(count) || count < 0) throw new Error(`The attribute "${name}" is not a count.`);
  return count;
}
