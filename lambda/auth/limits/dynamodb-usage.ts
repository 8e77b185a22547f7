import { type DynamoTable, getItem, type Item } from '../../../runtime/aws/dynamodb-item.ts';
import type { CircuitBreaker } from '../../../runtime/limit-store/circuit-breaker.ts';
import type { Usage, UsageTable } from './quota-recovery.ts';

export interface DynamoUsagePorts extends DynamoTable {
  readonly breaker: CircuitBreaker;
  /** Milliseconds, of a clock that does not step back. */
  readonly now: () => number;
}

/**
 * Usage in a table of DynamoDB. An item: `clientId` S, the caller's key in the limit store (`user:` or
 * `client:` and a digest), `month` S (`2026-11`, or `2026-11-15` for a month that begins on the 15th), and
 * optionally `requests` N and `bytes` N. Other attributes are ignored.
 */
export function createDynamoUsage(ports: DynamoUsagePorts): UsageTable {
  const { breaker, now } = ports;

  const usageOf = async (caller: string, month: string): Promise<Usage> => {
    const item = (await getItem(ports, { clientId: { S: caller }, month: { S: month } })) ?? {};
    return { requests: countOf(item, 'requests'), bytes: countOf(item, 'bytes') };
  };

  return {
    read: async (caller, month) => {
      if (!breaker.admits(now())) throw new Error('circuit-open');
      try {
        const usage = await usageOf(caller, month);
        breaker.recordSuccess();
        return usage;
      } catch (error) {
        breaker.recordFailure(now());
        throw error;
      }
    },
  };
}

/** @throws Error for an attribute that is not a count: the usage is unknown then, and not zero. */
function countOf(item: Item, name: string): number {
  if (!Object.hasOwn(item, name)) return 0;
  const count = Number((item[name] as { readonly N?: string } | null)?.N);
  if (!Number.isSafeInteger(count) || count < 0) throw new Error(`The attribute "${name}" is not a count.`);
  return count;
}
