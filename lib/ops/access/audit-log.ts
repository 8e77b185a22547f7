import type { Change } from '../commands/document-difference.ts';
import type { Item, Table } from './dynamodb.ts';

/** One change by an operator, in the table `PolicyAudit`: its partition key is `document`, its sort key `changedAt`. */
export interface AuditEntry {
  /** What was changed: `policy`, `client:acme`, `key:…`, `tokens:…`. */
  readonly document: string;
  /** Instant in UTC, to the millisecond, and unique within the document. */
  readonly changedAt: string;
  /** Who: an ARN of AWS, or the login name of a laptop. */
  readonly who: string;
  readonly reason: string;
  /** The command's words, without secrets. */
  readonly command: string;
  readonly changes: readonly Change[];
  /** Of the policy that the change made. */
  readonly revision?: number;
  readonly outcome: AuditOutcome;
}

/** `begun` is of a command that was cut short: what it was about to do may have happened. */
export type AuditOutcome = 'begun' | 'done' | 'conflict' | 'failed';

export interface AuditLog {
  /** Written before anything is changed, so that no change is without its trace; the result notes how it ended. */
  begin(entry: Omit<AuditEntry, 'outcome'>): Promise<(outcome: AuditOutcome) => Promise<void>>;
  /** Of one document, the latest first. */
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

/** Two changes within one millisecond keep their order and both stay. */
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
