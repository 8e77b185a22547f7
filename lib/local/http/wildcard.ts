/** Compiles a pattern of AWS: `*` is any run of characters (none too), `?` exactly one, all else itself. */
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
