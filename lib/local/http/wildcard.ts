/** Compiles an AWS wildcard pattern: `*` matches any number of characters, `?` exactly one. */
export function wildcard(
  pattern: string,
  { caseSensitive }: { readonly caseSensitive: boolean },
): (text: string) => boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  const compiled = new RegExp(`^${source}$`, caseSensitive ? 's' : 'is');
  return (text) => compiled.test(text);
}
