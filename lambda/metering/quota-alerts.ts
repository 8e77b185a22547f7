import { type DynamoTable, type Item, numberAttribute, updateItem } from '../../runtime/aws/dynamodb-item.ts';
import type { AccessRecord } from './access-record.ts';
import { type QuotaAlert, quotaPercents } from './contract.ts';
import type { Counts } from './counts.ts';

export interface QuotaAlertsPorts {
  readonly environment: string;
  readonly usageTable: DynamoTable;
  /** Resolves once the topic has accepted the message. */
  readonly publish: (alert: QuotaAlert) => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface QuotaAlerts {
  /**
   * Sends the alerts that a month's usage has reached and that were not sent. Rejects when the topic does not
   * accept one; it is sent with the month's next record, or when these are delivered again.
   *
   * @param latest The record whose allowance applies.
   * @param usage The month's item as it was just read or written.
   * @returns How many were sent now.
   */
  publishDue(
    latest: AccessRecord,
    counts: Counts,
    usage: { readonly key: Item; readonly item: Item },
  ): Promise<number>;
}

/** Longer than publishing takes: after it another invocation may send. */
const claimMilliseconds = 60_000;
const sentMarker = 0;

/**
 * Alerts, each sent once per caller and month. An attribute of the month's item records that: 0 for sent, or
 * the end of a lease (milliseconds since the epoch) while an invocation sends it. An interruption between the
 * topic's answer and the note makes a later invocation send it again, under the same id.
 */
export function createQuotaAlerts({ environment, usageTable, publish, now }: QuotaAlertsPorts): QuotaAlerts {
  const takeLease = async (key: Item, name: string): Promise<boolean> => {
    const until = now() + claimMilliseconds;
    const claimed = await updateItem(usageTable, key, {
      expression: 'SET #sent = :until',
      condition: 'attribute_not_exists(#sent) OR (#sent <> :sent AND #sent < :now)',
      names: { '#sent': name },
      values: { ':until': { N: `${until}` }, ':sent': { N: `${sentMarker}` }, ':now': { N: `${now()}` } },
    });
    return claimed !== undefined;
  };
  const note = async (key: Item, name: string, expression: string, values: Item) => {
    const condition = 'attribute_exists(#sent)';
    await updateItem(usageTable, key, { expression, condition, names: { '#sent': name }, values });
  };

  return {
    publishDue: async (latest, counts, { key, item }) => {
      let alerts = 0;
      for (const { kind, percent, allowed } of usedUp(latest, counts)) {
        const name = `alert-sent-${kind}-${percent}`;
        if (numberAttribute(item, name) === sentMarker || !(await takeLease(key, name))) continue;
        try {
          await publish(
            alertOf(latest, { environment, kind, percent, used: counts[kind], allowed, now: now() }),
          );
        } catch (error) {
          await note(key, name, 'REMOVE #sent', {});
          throw error;
        }
        await note(key, name, 'SET #sent = :sent', { ':sent': { N: `${sentMarker}` } });
        alerts += 1;
      }
      return alerts;
    },
  };
}

function usedUp({ allowed }: AccessRecord, counts: Counts) {
  return (['requests', 'bytes'] as const).flatMap((kind) => {
    const most = allowed[kind];
    if (most === null) return [];
    return quotaPercents
      .filter((percent) => counts[kind] * 100 >= most * percent)
      .map((percent) => ({ kind, percent, allowed: most }));
  });
}

function alertOf(
  { caller, clientId, userId, plan, month }: AccessRecord,
  {
    now,
    ...alert
  }: Pick<QuotaAlert, 'environment' | 'kind' | 'percent' | 'used' | 'allowed'> & { readonly now: number },
): QuotaAlert {
  return {
    type: 'gatehouse.quota',
    version: 1,
    id: `${caller}/${month}/${alert.kind}/${alert.percent}`,
    caller,
    clientId,
    userId,
    plan,
    month,
    ...alert,
    time: new Date(now).toISOString(),
  };
}
