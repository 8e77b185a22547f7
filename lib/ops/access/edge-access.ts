import type { EdgeResourceNames } from '../../compile/edge-resource-names.ts';
import {
  type BlockedAddress,
  blockPrefix,
  type KilledPath,
  killKey,
} from '../../features/edge/viewer-request/kill-switches.ts';
import { type EdgeClients, sendToAws } from './aws-clients.ts';

/** Switches at the edge that operators have set. */
export interface EdgeSwitches {
  readonly killed: readonly KilledPath[];
  /** By address or network, as the operator wrote it. */
  readonly blocked: ReadonlyMap<string, BlockedAddress>;
  /** ETag of the key-value store, needed to change it. */
  readonly version: string;
}

/** The distribution and its key-value store. */
export interface EdgeAccess {
  switches(): Promise<EdgeSwitches>;
  /**
   * Sets values by key; undefined deletes a key. All changes are made, or none. `conflict` when the store has another
   * version.
   */
  write(version: string, changes: ReadonlyMap<string, string | undefined>): Promise<'written' | 'conflict'>;
  /**
   * Removes cached answers from the edge.
   *
   * @param items paths, `*` at the end for any suffix; `#` and a cache tag.
   * @param reference identifies this request; a second one with the same reference has no effect.
   */
  invalidate(items: readonly string[], reference: string): Promise<void>;
}

export function createEdgeAccess(
  { cloudFront, keyValueStore }: EdgeClients,
  { distributionId, switchesArn: KvsARN }: EdgeResourceNames,
): EdgeAccess {
  async function values(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    let NextToken: string | undefined;
    do {
      const call = keyValueStore.listKeys({ KvsARN, MaxResults: 50, NextToken });
      const page = await sendToAws('CloudFront KeyValueStore ListKeys', call);
      for (const { Key = '', Value = '' } of page?.Items ?? []) found.set(Key, Value);
      NextToken = page?.NextToken;
    } while (NextToken !== undefined);
    return found;
  }

  return {
    async switches() {
      // The version is read first, so that a change between the two calls makes a write conflict.
      const store = await sendToAws(
        'CloudFront KeyValueStore DescribeKeyValueStore',
        keyValueStore.describeKeyValueStore({ KvsARN }),
      );
      const all = await values();
      const blocked = [...all].filter(([key]) => key.startsWith(blockPrefix));
      return {
        version: store?.ETag ?? '',
        killed: JSON.parse(all.get(killKey) ?? '[]') as KilledPath[],
        blocked: new Map(
          blocked.map(([key, value]) => [key.slice(blockPrefix.length), JSON.parse(value) as BlockedAddress]),
        ),
      };
    },
    async write(version, changes) {
      const entries = [...changes];
      const call = keyValueStore.updateKeys({
        KvsARN,
        IfMatch: version,
        Puts: entries.flatMap(([Key, Value]) => (Value === undefined ? [] : [{ Key, Value }])),
        Deletes: entries.flatMap(([Key, Value]) => (Value === undefined ? [{ Key }] : [])),
      });
      const written = await sendToAws('CloudFront KeyValueStore UpdateKeys', call, ['ConflictException']);
      return written === undefined ? 'conflict' : 'written';
    },
    async invalidate(items, reference) {
      const call = cloudFront.createInvalidation({
        DistributionId: distributionId,
        InvalidationBatch: {
          CallerReference: reference,
          Paths: { Quantity: items.length, Items: [...items] },
        },
      });
      await sendToAws('CloudFront CreateInvalidation', call);
    },
  };
}
