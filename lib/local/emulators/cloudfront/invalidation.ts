import type { Entry } from './cache-store.ts';

/**
 * Compiles an invalidation ("Specifying the files to invalidate", "Invalidating content by cache tags", CloudFront
 * guide): a path includes its query or ends in `*`; a tag begins with `#` and is not case-sensitive.
 */
export function invalidation(
  items: readonly string[],
  tagHeader: string | null,
): (entry: Pick<Entry, 'url' | 'headers'>) => boolean {
  const tags = new Set(items.filter(isTag).map((item) => item.slice(1).toLowerCase()));
  const paths = items.filter((item) => !isTag(item));
  return ({ url, headers }) => {
    if (paths.some((path) => (path.endsWith('*') ? url.startsWith(path.slice(0, -1)) : url === path)))
      return true;
    if (tagHeader === null || tags.size === 0) return false;
    const own = headers.all(tagHeader).flatMap((line) => line.split(','));
    return own.some((tag) => tags.has(tag.trim().toLowerCase()));
  };
}

const isTag = (item: string) => item.startsWith('#');
