/**
 * Whether one of the caller's grants covers a permission. Both are segments between colons. In a grant `*` stands for
 * exactly one segment, and `**` at its end for one or more; anything else is taken letter by letter. An empty segment
 * matches nothing.
 */
export function grantsPermission(grants: readonly string[], permission: string): boolean {
  const wanted = permission.split(':');
  return !wanted.includes('') && grants.some((grant) => matches(grant.split(':'), wanted));
}

/**
 * The grants that cover what both lists cover, and nothing else: `orders:*` within `*:read` is `orders:read`. Each list
 * has at most a few hundred entries, because every pair is compared.
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

/** What two grants both cover, as one grant; undefined when they have nothing in common. */
function intersect(one: readonly string[], other: readonly string[]): string | undefined {
  if (one.length > other.length) return intersect(other, one);
  const isOpen = one.at(-1) === '**';
  if (!isOpen && one.length < other.length) return undefined;
  const head = isOpen ? one.slice(0, -1) : one;
  // Of equal length, and only the other one is open at its end: what it covers there is what this one says.
  if (!isOpen && other.at(-1) === '**') return intersect(other, one);
  const segments: string[] = [];
  for (const [index, segment] of head.entries()) {
    const wanted = other[index] ?? '';
    if (segment !== wanted && segment !== '*' && wanted !== '*') return undefined;
    segments.push(segment === '*' ? wanted : segment);
  }
  return [...segments, ...other.slice(head.length)].join(':');
}
