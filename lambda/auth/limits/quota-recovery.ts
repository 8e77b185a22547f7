import { LruCache } from '../../../runtime/collections/lru.ts';
import { DeadlineExceededError, withDeadline } from '../../../runtime/concurrency/deadline.ts';
import type {
  LimitStore,
  LimitStoreReply,
  LimitStoreRequest,
  QuotaCheck,
} from '../../../runtime/limit-store/limit-store.ts';
import { monthEndSeconds, monthName } from '../../../runtime/limit-store/quota-month.ts';
import { describeError } from '../../../runtime/logging/log.ts';

/** A caller's usage of a month, by the counters of its quotas. */
export type Usage = Readonly<Record<string, number>>;

/** Usage in a table that survives the loss of the limit store. */
export interface UsageTable {
  /**
   * Rejects when it cannot be read; a month without any usage is empty.
   *
   * @param month As `monthName` writes it.
   */
  read(caller: string, month: string): Promise<Usage>;
}

/** `late`: it exceeds the call's waiting time, and continues in the background. */
export type Rebuild = 'rebuilt' | 'failed' | 'late';

export interface UsageRebuild {
  /** Settles the counters that the limit store reported as lost; undefined when none was. Never throws. */
  settle(call: LimitStoreRequest, answer: LimitStoreReply): Promise<Rebuild | undefined> | undefined;
}

export interface UsageRebuildPorts {
  readonly table: UsageTable;
  readonly limitStore: LimitStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Longest time that a call waits for it. */
  readonly budgetMilliseconds: number;
  readonly onFailure: (reason: string) => void;
}

/** Usage that was read and could not be written to the limit store, for the next attempt. */
const maxPending = 1_000;

/**
 * Settles each new counter once: raises it to the table's usage of the month. The limit store asks one caller
 * at a time to settle, so each client costs one read of the table per month, and one more for each loss. The
 * call that finds the counter missing is served by the limit store's state, and waits no longer than the
 * budget.
 */
export function createUsageRebuild({
  table,
  limitStore: store,
  now,
  budgetMilliseconds,
  onFailure,
}: UsageRebuildPorts): UsageRebuild {
  const pendingUsage = new LruCache<Usage>(maxPending);

  const usageOf = async (caller: string, month: string): Promise<Usage> => {
    const key = `${caller} ${month}`;
    const usage = pendingUsage.get(key) ?? (await table.read(caller, month));
    pendingUsage.set(key, usage);
    return usage;
  };

  const rebuild = async (caller: string, lost: readonly LostCounter[]): Promise<Rebuild | undefined> => {
    const [first] = lost;
    if (first === undefined) return undefined;
    const usage = await usageOf(caller, first.month);
    const checks = lost.map(({ check: { name, startDay }, endSeconds }) => {
      const amount = usage[name] ?? 0;
      return { kind: 'settle', name, startDay, monthEndSeconds: endSeconds, amount } as const;
    });
    const answer = await store.take({ caller, checks });
    if (answer.kind === 'failed') throw new Error(answer.reason);
    pendingUsage.delete(`${caller} ${first.month}`);
    return answer.states.some(({ remaining }) => remaining > 0) ? 'rebuilt' : undefined;
  };

  const rebuildInTime = async (
    caller: string,
    lost: readonly LostCounter[],
  ): Promise<Rebuild | undefined> => {
    const work = rebuild(caller, lost).catch((error: unknown): Rebuild => {
      onFailure(describeError(error));
      return 'failed';
    });
    try {
      return await withDeadline(budgetMilliseconds, () => work);
    } catch (error) {
      if (error instanceof DeadlineExceededError) return 'late';
      throw error;
    }
  };

  return {
    settle: (call, answer) => {
      if (!answer.states.some(({ needsSettlement }) => needsSettlement)) return undefined;
      return rebuildInTime(call.caller, lostCounters(call, answer, now()));
    },
  };
}

interface LostCounter {
  readonly check: QuotaCheck;
  readonly month: string;
  readonly endSeconds: number;
}

const twelveHoursSeconds = 43_200;

function lostCounters(
  { checks }: LimitStoreRequest,
  { states }: LimitStoreReply,
  now: number,
): LostCounter[] {
  return checks.flatMap((check, index) => {
    const state = states[index];
    if (check.kind !== 'quota' || state?.needsSettlement !== true) return [];
    // The month is the limit store's, whose clock may differ: half a day before the end it is the same by
    // both.
    const within = Math.floor(now / 1_000 + state.resetMicroseconds / 1_000_000) - twelveHoursSeconds;
    const { startDay } = check;
    return [{ check, month: monthName(within, startDay), endSeconds: monthEndSeconds(within, startDay) }];
  });
}
