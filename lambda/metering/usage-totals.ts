import {
  type DynamoTable,
  getItem,
  type Item,
  numberAttribute,
  stringAttribute,
  updateItem,
} from '../../runtime/aws/dynamodb-item.ts';
import { type RetryOptions, retryOnConflict } from '../../runtime/concurrency/retry-on-conflict.ts';
import { type Counts, difference, sum, zeroCounts } from './counts.ts';

/** An item that sums the counts of its parts, and records each part's count. */
export interface UsageTotal {
  readonly table: DynamoTable;
  readonly key: Item;
  /** Further attributes to write. */
  readonly extra: Item;
}

export interface UpdatedUsageTotal {
  readonly counts: Counts;
  /** The item as it is now. */
  readonly item: Item;
}

/**
 * Raises the parts of an item to their current counts, and its sum by as much. Counts of a part only ever
 * grow, so a repeated, late or outdated count changes nothing, and the next attempt completes one that was
 * interrupted anywhere. The sum's requests grow with each change and serve as the item's version. Figures
 * that the item holds besides its parts, such as manual ones, stay in the sum.
 *
 * @param parts By name, each name an attribute's.
 */
export async function mergeCounts(
  { table, key, extra }: UsageTotal,
  parts: ReadonlyMap<string, Counts>,
  attempts: RetryOptions,
): Promise<UpdatedUsageTotal> {
  return await retryOnConflict(attempts, async () => {
    const item = (await getItem(table, key)) ?? {};
    const held = countsOf(item);
    const raised = [...parts].filter(([name, counts]) => counts.requests > partOf(item, name).requests);
    if (raised.length === 0) return { counts: held, item };
    const counts = raised.reduce(
      (total, [name, part]) => sum(total, difference(part, partOf(item, name))),
      held,
    );
    const attributes: [name: string, value: unknown][] = [
      ...Object.entries(countAttributes(counts)),
      ...Object.entries(extra),
      ...raised.map(([name, part]): [string, unknown] => [name, { S: partText(part) }]),
    ];
    const changed = await updateItem(table, key, {
      expression: `SET ${attributes.map((_, index) => `#${index} = :${index}`).join(', ')}`,
      ...unchangedSince(item),
      names: {
        '#requests': 'requests',
        ...Object.fromEntries(attributes.map(([name], i) => [`#${i}`, name])),
      },
      values: {
        ...(item['requests'] === undefined ? {} : { ':held': item['requests'] }),
        ...Object.fromEntries(attributes.map(([, value], i) => [`:${i}`, value])),
      },
    });
    return changed === undefined ? undefined : { counts, item: changed };
  });
}

export function countAttributes({ requests, bytes, bytesOut }: Counts): Item {
  return { requests: { N: `${requests}` }, bytes: { N: `${bytes}` }, bytesOut: { N: `${bytesOut}` } };
}

export function countsOf(item: Item): Counts {
  return {
    requests: numberAttribute(item, 'requests') ?? 0,
    bytes: numberAttribute(item, 'bytes') ?? 0,
    bytesOut: numberAttribute(item, 'bytesOut') ?? 0,
  };
}

/** The condition that an item still has the requests that it was read with. */
export function unchangedSince(item: Item): { readonly condition: string } {
  return {
    condition: item['requests'] === undefined ? 'attribute_not_exists(#requests)' : '#requests = :held',
  };
}

function partText({ requests, bytes, bytesOut }: Counts): string {
  return `${requests} ${bytes} ${bytesOut}`;
}

function partOf(item: Item, name: string): Counts {
  const text = stringAttribute(item, name);
  if (text === undefined) return zeroCounts;
  const [requests = 0, bytes = 0, bytesOut = 0] = text.split(' ').map(Number);
  return { requests, bytes, bytesOut };
}
