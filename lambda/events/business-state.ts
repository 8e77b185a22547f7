import {
  type DynamoTable,
  deleteItem,
  getItem,
  type Item,
  numberAttribute,
  queryItems,
  stringAttribute,
  updateItem,
} from '../../runtime/aws/dynamodb-item.ts';
import type { Fact } from './facts.ts';

/** The known facts of one order or reservation. */
export interface RecordedFacts {
  /** The time of a fact, milliseconds since the epoch; undefined for an unknown one. */
  timeOf(name: string): number | undefined;
  /** Whether the second fact was received after the first; both are known. */
  isLater(second: string, first: string): boolean;
}

/**
 * The state in a table of DynamoDB: partition key `id`, sort key `part`.
 * An item of facts: `t NAME` N, the time of the fact; `n NAME` N, its number in the order of arrival; `heard`
 * N, how many there are; `unsent` SS, facts whose figures CloudWatch may not have yet. A due check: `id` is
 * `due` and the minute, `part` what is to be checked. The one item `sweep` has the last minute that was
 * checked.
 */
export interface BusinessState {
  /**
   * Enters a fact. Undefined for a repetition whose figures are already sent. Facts that were entered and not
   * sent, because of an interruption, are returned as if they were new, with what was known then.
   */
  enter(fact: Fact): Promise<RecordedFacts | undefined>;
  /** Notes that CloudWatch has the fact's figures. */
  sent(fact: Fact): Promise<void>;
  known(about: string): Promise<RecordedFacts>;
  /** Schedules a check of an item in or after a minute since the epoch. */
  checkAt(minute: number, about: string): Promise<void>;
  /** The open checks of a minute. */
  due(minute: number): Promise<readonly string[]>;
  checked(minute: number, about: string): Promise<void>;
  /** The last minute with all checks done; undefined before the first. */
  sweptTo(): Promise<number | undefined>;
  sweep(minute: number): Promise<void>;
}

/** Orders that take longer than this to be paid are abandoned. Longer than the retention of a topic. */
const keptSeconds = 35 * 86_400;

/** @param now Milliseconds since the epoch. */
export function createBusinessState(table: DynamoTable, now: () => number): BusinessState {
  const expiresAt = () => ({ N: `${Math.floor(now() / 1_000) + keptSeconds}` });
  const factKey = (about: string): Item => ({ id: { S: about }, part: { S: '-' } });
  const dueKey = (minute: number, about: string): Item => ({
    id: { S: `due ${minute}` },
    part: { S: about },
  });
  const sweepKey: Item = { id: { S: 'sweep' }, part: { S: '-' } };

  return {
    enter: async ({ about, name, timeMs }) => {
      const entered = await updateItem(table, factKey(about), {
        expression:
          'SET #time = :time, #number = if_not_exists(#heard, :zero), #heard = if_not_exists(#heard, :zero) + :one, ' +
          '#expires = :expires ADD #unsent :name',
        condition: 'attribute_not_exists(#time)',
        names: {
          '#time': `t ${name}`,
          '#number': `n ${name}`,
          '#heard': 'heard',
          '#expires': 'expiresAt',
          '#unsent': 'unsent',
        },
        values: {
          ':time': { N: `${timeMs}` },
          ':zero': { N: '0' },
          ':one': { N: '1' },
          ':expires': expiresAt(),
          ':name': { SS: [name] },
        },
      });
      if (entered !== undefined) return knownOf(entered);
      const item = (await getItem(table, factKey(about))) ?? {};
      const unsent = (item['unsent'] as { readonly SS?: readonly string[] } | undefined)?.SS ?? [];
      return unsent.includes(name) ? knownOf(item) : undefined;
    },
    sent: async ({ about, name }) => {
      await updateItem(table, factKey(about), {
        expression: 'DELETE #unsent :name',
        condition: 'attribute_exists(#unsent)',
        names: { '#unsent': 'unsent' },
        values: { ':name': { SS: [name] } },
      });
    },
    known: async (about) => knownOf((await getItem(table, factKey(about))) ?? {}),
    checkAt: async (minute, about) => {
      await updateItem(table, dueKey(minute, about), {
        expression: 'SET #expires = :expires',
        condition: 'attribute_not_exists(#expires)',
        names: { '#expires': 'expiresAt' },
        values: { ':expires': expiresAt() },
      });
    },
    due: async (minute) => {
      const items = await queryItems(table, { name: 'id', value: `due ${minute}` });
      return items.flatMap((item) => stringAttribute(item, 'part') ?? []);
    },
    checked: async (minute, about) => await deleteItem(table, dueKey(minute, about)),
    sweptTo: async () => numberAttribute(await getItem(table, sweepKey), 'minute'),
    sweep: async (minute) => {
      await updateItem(table, sweepKey, {
        expression: 'SET #minute = :minute',
        condition: 'attribute_not_exists(#minute) OR #minute < :minute',
        names: { '#minute': 'minute' },
        values: { ':minute': { N: `${minute}` } },
      });
    },
  };
}

function knownOf(item: Item): RecordedFacts {
  const numberOfFact = (name: string) => numberAttribute(item, `n ${name}`) ?? -1;
  return {
    timeOf: (name) => numberAttribute(item, `t ${name}`),
    isLater: (second, first) => numberOfFact(second) > numberOfFact(first),
  };
}
