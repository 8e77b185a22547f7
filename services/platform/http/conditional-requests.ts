import type { ServiceContext } from './service-app.ts';

/** The result of a request's preconditions (RFC 9110, section 13). */
export type PreconditionResult = 'proceed' | 'not-modified' | 'failed' | 'malformed';

/**
 * Evaluates `If-Match`, then `If-None-Match`, in the order of RFC 9110, section 13.2.2. Conditions by date are ignored,
 * because no resource has a modification date (sections 13.1.3 and 13.1.4).
 *
 * `If-Match` accepts weak tags too, contrary to section 13.1.1: CloudFront weakens the tag of each response that it
 * compresses. The tags are hashes of the whole value, so equal tags still mean that the value has not changed.
 *
 * A read ignores a malformed list of tags and returns the whole value. A write with a malformed list is refused.
 *
 * @param etag the tag of the current representation; null if there is none.
 */
export function evaluateConditions(c: ServiceContext, etag: string | null): PreconditionResult {
  const isRead = c.req.method === 'GET' || c.req.method === 'HEAD';
  const ifMatch = readTags(c.req.header('if-match'));
  const ifNoneMatch = readTags(c.req.header('if-none-match'));
  const isMalformed = ifMatch?.kind === 'malformed' || ifNoneMatch?.kind === 'malformed';
  if (isMalformed && !isRead) return 'malformed';
  if (ifMatch !== null && ifMatch.kind !== 'malformed' && !matches(ifMatch, etag)) return 'failed';
  if (ifNoneMatch !== null && ifNoneMatch.kind !== 'malformed' && matches(ifNoneMatch, etag)) {
    return isRead ? 'not-modified' : 'failed';
  }
  return 'proceed';
}

/** `*`, entity tags without their `W/`, or a malformed list. */
type Tags =
  | { readonly kind: 'any' }
  | { readonly kind: 'tags'; readonly tags: ReadonlySet<string> }
  | { readonly kind: 'malformed' };

/** One element of a list of `entity-tag` (RFC 9110, section 8.8.3); elements may be empty (section 5.6.1). */
const element = /[\t ]*(?:(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")[\t ]*)?(?:,|$)/y;

function readTags(field: string | undefined): Tags | null {
  if (field === undefined) return null;
  if (field.trim() === '*') return { kind: 'any' };
  const tags = new Set<string>();
  for (let at = 0; at < field.length; at = element.lastIndex) {
    element.lastIndex = at;
    const match = element.exec(field);
    if (match === null) return { kind: 'malformed' };
    if (match[1] !== undefined) tags.add(match[1]);
  }
  return tags.size === 0 ? { kind: 'malformed' } : { kind: 'tags', tags };
}

function matches(tags: Exclude<Tags, { kind: 'malformed' }>, etag: string | null): boolean {
  return etag !== null && (tags.kind === 'any' || tags.tags.has(etag));
}
