import type { AwsCredentials } from '../../../runtime/aws/aws-credentials.ts';
import { type EdgeResourceNames, edgeRegion } from '../../compile/edge-resource-names.ts';
import {
  type BlockedAddress,
  blockPrefix,
  type KilledPath,
  killKey,
} from '../../features/edge/viewer-request/kill-switches.ts';
import { OpsError } from '../commands/ops-error.ts';
import { callRest, type RestAnswer } from './aws-rest.ts';
import { callRestSigV4a } from './aws-rest-sigv4a.ts';

/** What operators have switched at the edge. */
export interface EdgeSwitches {
  readonly killed: readonly KilledPath[];
  /** By address or network, as it was written. */
  readonly blocked: ReadonlyMap<string, BlockedAddress>;
  /** Of the store, to change it by. */
  readonly version: string;
}

/** The distribution and its key-value store. */
export interface EdgeAccess {
  switches(): Promise<EdgeSwitches>;
  /** Values by key; undefined takes a key out. All or nothing, and only if nobody has changed the store meanwhile. */
  write(version: string, changes: ReadonlyMap<string, string | undefined>): Promise<'written' | 'conflict'>;
  /**
   * Has the edge forget its copies.
   *
   * @param items paths, `*` at the end for any rest; `#` and a cache tag.
   * @param reference tells a repeated call from a second one.
   */
  invalidate(items: readonly string[], reference: string): Promise<void>;
}

export interface EdgeEndpoints {
  /** Base URLs, without a path. */
  readonly cloudfront: string;
  readonly keyValues: string;
}

export function createEdgeAccess(
  endpoints: EdgeEndpoints,
  credentials: AwsCredentials,
  { distributionId, switchesArn }: EdgeResourceNames,
): EdgeAccess {
  const store = `/key-value-stores/${encodeURIComponent(switchesArn)}`;
  const ask = async (method: 'GET' | 'POST', path: string, extra: object = {}) =>
    await callRestSigV4a(credentials, {
      service: 'cloudfront-keyvaluestore',
      endpoint: endpoints.keyValues,
      method,
      path: `${store}${path}`,
      ...extra,
    });

  async function values(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (let token: string | undefined = ''; token !== undefined; ) {
      const more: string = token === '' ? '' : `&NextToken=${encodeURIComponent(token)}`;
      const { text } = succeeded('ListKeys', await ask('GET', `/keys?MaxResults=50${more}`));
      const page = JSON.parse(text) as { Items?: { Key: string; Value: string }[]; NextToken?: string };
      for (const { Key, Value } of page.Items ?? []) found.set(Key, Value);
      token = page.NextToken;
    }
    return found;
  }

  return {
    async switches() {
      // First, so that a change between the two is noticed by whoever writes.
      const { headers } = succeeded('DescribeKeyValueStore', await ask('GET', ''));
      const all = await values();
      const blocked = [...all].filter(([key]) => key.startsWith(blockPrefix));
      return {
        version: headers.get('etag') ?? '',
        killed: JSON.parse(all.get(killKey) ?? '[]') as KilledPath[],
        blocked: new Map(
          blocked.map(([key, value]) => [key.slice(blockPrefix.length), JSON.parse(value) as BlockedAddress]),
        ),
      };
    },
    async write(version, changes) {
      const entries = [...changes];
      const body = JSON.stringify({
        Puts: entries.flatMap(([Key, Value]) => (Value === undefined ? [] : [{ Key, Value }])),
        Deletes: entries.flatMap(([Key, Value]) => (Value === undefined ? [{ Key }] : [])),
      });
      const headers = { 'content-type': 'application/json', 'if-match': version };
      const answer = await ask('POST', '/keys', { headers, body });
      if (answer.status === 409) return 'conflict';
      succeeded('UpdateKeys', answer);
      return 'written';
    },
    async invalidate(items, reference) {
      const answer = await callRest(
        { ...credentials, region: edgeRegion },
        {
          service: 'cloudfront',
          endpoint: endpoints.cloudfront,
          method: 'POST',
          path: `/2020-05-31/distribution/${distributionId}/invalidation`,
          headers: { 'content-type': 'application/xml' },
          body: invalidationBatch(items, reference),
        },
      );
      succeeded('CreateInvalidation', answer);
    },
  };
}

function succeeded(operation: string, answer: RestAnswer): RestAnswer {
  if (answer.status < 300) return answer;
  throw new OpsError(
    `CloudFront refused ${operation} (${answer.status}): ${answer.text}`,
    'See that the edge is deployed, and what the credentials may do: docs/operations.md names it.',
  );
}

/** https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html */
function invalidationBatch(items: readonly string[], reference: string): string {
  const paths = items.map((item) => `<Path>${xml(item)}</Path>`).join('');
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<InvalidationBatch xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/">' +
    `<Paths><Quantity>${items.length}</Quantity><Items>${paths}</Items></Paths>` +
    `<CallerReference>${xml(reference)}</CallerReference></InvalidationBatch>`
  );
}

const xml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
