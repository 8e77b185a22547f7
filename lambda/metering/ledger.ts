import {
  type DynamoTable,
  type Item,
  numberAttribute,
  queryItems,
  updateItem,
} from '../../runtime/aws/dynamodb-item.ts';
import { type RetryOptions, retryOnConflict } from '../../runtime/concurrency/retry-on-conflict.ts';
import type { AccessRecord } from './access-record.ts';
import { type Counts, sum, zeroCounts } from './counts.ts';
import { countAttributes, countsOf, unchangedSince } from './usage-totals.ts';

/** Ids of a page: at most 24 kB, so that an item stays far below DynamoDB's 400 kB. */
const defaultPageSize = 2_000;
const idLength = 16;

export interface LedgerPorts extends RetryOptions {
  readonly table: DynamoTable;
  /** Ids per item. @default 2000 */
  readonly pageSize?: number;
}

/** Enters each record once, by its id. */
export interface Ledger {
  /**
   * Enters records under a name, unless they are already entered.
   *
   * @param expiresAtSeconds When the name expires; seconds since the epoch.
   * @returns The totals under this name, and what was entered now.
   */
  enter(
    name: string,
    records: readonly AccessRecord[],
    expiresAtSeconds: number,
  ): Promise<{ readonly counts: Counts; readonly entered: Counts }>;
}

/**
 * A ledger in a table of DynamoDB: partition key `id`, sort key `page`. An item has the ids of its records
 * and the counts of all records up to its last, including those of earlier pages, so ids and counts change in
 * one step. Requests grow by one with each id, which makes them the item's version. A full page never
 * changes, and a new one starts: so ids are looked up in all pages, and written to the last one only.
 */
export function createLedger({ table, pageSize = defaultPageSize, ...attempts }: LedgerPorts): Ledger {
  return {
    enter: async (name, records, expiresAtSeconds) => {
      let entered = zeroCounts;
      return await retryOnConflict(attempts, async () => {
        for (;;) {
          const pages = await queryItems(table, { name: 'id', value: name });
          const last = pages.at(-1) ?? {};
          const known = new Set(pages.flatMap((page) => idsOf(page)));
          const fresh = [...new Map(records.map((record) => [record.id, record])).values()].filter(
            ({ id }) => !known.has(id),
          );
          const held = countsOf(last);
          if (fresh.length === 0) return { counts: held, entered };

          const isFull = idsOf(last).length >= pageSize;
          const [page, ids] = isFull ? [pageNumber(last) + 1, []] : [pageNumber(last), idsOf(last)];
          const fitting = fresh.slice(0, pageSize - ids.length);
          const added = fitting.map(({ counts }) => counts).reduce(sum, zeroCounts);
          const total = sum(held, added);
          const counts = countAttributes(total);
          const base = isFull ? {} : last;
          const changed = await updateItem(
            table,
            { id: { S: name }, page: { N: `${page}` } },
            {
              expression:
                'SET ids = :ids, #requests = :requests, bytes = :bytes, bytesOut = :out, expiresAt = :expires',
              ...unchangedSince(base),
              names: { '#requests': 'requests' },
              values: {
                ':ids': { B: [...ids, ...fitting.map(({ id }) => id)].join('') },
                ':requests': counts['requests'],
                ':bytes': counts['bytes'],
                ':out': counts['bytesOut'],
                ':expires': { N: `${expiresAtSeconds}` },
                ...(base['requests'] === undefined ? {} : { ':held': base['requests'] }),
              },
            },
          );
          if (changed === undefined) return undefined;
          entered = sum(entered, added);
          if (fitting.length === fresh.length) return { counts: total, entered };
        }
      });
    },
  };
}

/** Twelve bytes are sixteen letters of base64 without padding, so ids can be concatenated. */
function idsOf(page: Item): string[] {
  const ids = (page['ids'] as { readonly B?: string } | undefined)?.B ?? '';
  return Array.from({ length: ids.length / idLength }, (_, index) =>
    ids.slice(index * idLength, (index + 1) * idLength),
  );
}

function pageNumber(page: Item): number {
  return numberAttribute(page, 'page') ?? 0;
}
