/**
 * Whether one of the caller's grants covers a permission. Both are segments between colons. In a grant, `*`
 * matches exactly one segment, and `**` at the end matches one or more; anything else is compared literally.
 * An empty segment matches nothing.
 */
export function grantsPermission(grants: readonly string[], permission: string): boolean {
  const wanted = permission.split(':');
  return !wanted.includes('') && grants.some((grant) => matches(grant.split(':'), wanted));
}

/**
 * The grants that cover exactly what both lists cover: `orders:*` and `*:read` give `orders:read`. It
 * compares every pair; each list has at most a few hundred entries.
 */
export function intersectGrants(grants: readonly string[], bounds: readonly string[]): readonly string[] {
  const split = bounds.map((bound) => bound.split(':'));
  const common = grants.flatMap((grant) =>
    split.flatMap((bound) => intersect(grant.split(':'), bound) ?? []),
  );
  return [...new Set(common)];
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

/** The intersection of two grants as one grant; undefined when it is empty. */
function intersect(one: readonly string[], other: readonly string[]): string | undefined {
  if (one.length > other.length) return intersect(other, one);
  const isOpen = one.at(-1) === '**';
  if (!isOpen && one.length < other.length) return undefined;
  const head = isOpen ? one.slice(0, -1) : one;
  // Both have equal length, and only the other grant ends in `**`, so this grant is the narrower one at the
  // end.
  if (!isOpen && other.at(-1) === '**') return intersect(other, one);
  const segments: string[] = [];
  for (const [index, segment] of head.entries()) {
    const wanted = other[index] ?? '';
    if (segment !== wanted && segment !== '*' && wanted !== '*') return undefined;
    segments.push(segment === '*' ? wanted : segment);
  }
  return [...segments, ...other.slice(head.length)].join(':');
}
