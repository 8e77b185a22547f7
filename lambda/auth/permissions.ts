/**
 * Whether one of the caller's grants covers a permission. Both are segments between colons. In a grant `*` stands for
 * exactly one segment, and `**` at its end for one or more; anything else is taken letter by letter. An empty segment
 * matches nothing.
 */
export function covers(grants: readonly string[], permission: string): boolean {
  const wanted = permission.split(':');
  return !wanted.includes('') && grants.some((grant) => matches(grant.split(':'), wanted));
}

function matches(grant: readonly string[], wanted: readonly string[]): boolean {
  if (grant.at(-1) === '**') {
    const head = grant.slice(0, -1);
    return wanted.length > head.length && segmentsMatch(head, wanted.slice(0, head.length));
  }
  return grant.length === wanted.length && segmentsMatch(grant, wanted);
}

function segmentsMatch(grant: readonly string[], wanted: readonly string[]): boolean {
  return grant.every((segment, index) => segment === '*' || segment === wanted[index]);
}
