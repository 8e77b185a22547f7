import type { Change } from '../commands/document-difference.ts';
import type { Item, Table } from './dynamodb.ts';

/**
 * One change by an operator, an item of the table `PolicyAudit` with partition key `document` and sort key `changedAt`.
 */
export interface AuditEntry {
  /** The changed document: `policy`, `client:acme`, `key:…`, `tokens:…`. */
  readonly document: string;
  /** UTC timestamp with milliseconds, unique within the document. */
  readonly changedAt: string;
  /** ARN of the AWS identity, or the login name for a local run. */
  readonly who: string;
  readonly reason: string;
  /** The command line, without secrets. */
  readonly command: string;
  readonly changes: readonly Change[];
  /** Revision of the policy that the change stored. */
  readonly revision?: number;
  readonly outcome: AuditOutcome;
}

/** `begun` remains if a command was interrupted; its change may have been made. */
export type AuditOutcome = 'begun' | 'done' | 'conflict' | 'failed';

export interface AuditLog {
  /**
   * Records a change before it is made, so that every change has a record. The returned function records the outcome.
   */
  begin(entry: Omit<AuditEntry, 'outcome'>): Promise<(outcome: AuditOutcome) => Promise<void>>;
  /** Entries of one document, the latest first. */
  entries(document: string, limit: number): Promise<readonly AuditEntry[]>;
}

export function createAuditLog(table: Table): AuditLog {
  return {
    async begin(entry) {
      const changedAt = await append(table, entry);
      return async (outcome) => {
        await table.update({
          Key: { document: { S: entry.document }, changedAt: { S: changedAt } },
          UpdateExpression: 'SET outcome = :outcome',
          ExpressionAttributeValues: { ':outcome': { S: outcome } },
        });
      };
    },
    async entries(document, limit) {
      const items = await table.query({
        KeyConditionExpression: 'document = :document',
        ExpressionAttributeValues: { ':document': { S: document } },
        ScanIndexForward: false,
        ConsistentRead: true,
      });
      return items.slice(0, limit).map(entryOf);
    },
  };
}

/** Retries with the next millisecond if another entry has the same timestamp. */
async function append(table: Table, entry: Omit<AuditEntry, 'outcome'>): Promise<string> {
  for (let at = Date.parse(entry.changedAt); ; at += 1) {
    const changedAt = new Date(at).toISOString();
    const written = await table.put({
      Item: {
        document: { S: entry.document },
        changedAt: { S: changedAt },
        who: { S: entry.who },
        reason: { S: entry.reason },
        command: { S: entry.command },
        changes: { S: JSON.stringify(entry.changes) },
        outcome: { S: 'begun' },
        ...(entry.revision === undefined ? {} : { revision: { N: String(entry.revision) } }),
      },
      ConditionExpression: 'attribute_not_exists(changedAt)',
    });
    if (written === 'written') return changedAt;
  }
}

function entryOf(item: Item): AuditEntry {
  const text = (name: string) => item[name]?.S ?? '-';
  return {
    document: text('document'),
    changedAt: text('changedAt'),
    who: text('who'),
    reason: text('reason'),
    command: text('command'),
    changes: JSON.parse(item['changes']?.S ?? '[]') as Change[],
    outcome: text('outcome') as AuditOutcome,
    ...(item['revision']?.N === undefined ? {} : { revision: Number(item['revision'].N) }),
  };
}
