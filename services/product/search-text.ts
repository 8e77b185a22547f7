/**
 * What a shopper types, in the part of the language of `websearch_to_tsquery` that means something: words, `"phrases"`,
 * `or`, and `-` before either. The rest is dropped, because PostgreSQL keeps every `-` that no word follows on a stack
 * of 32 and fails with an internal error (XX000, "tsquery stack too small") when that is full.
 */
export function searchText(typed: string): string {
  return [...typed.matchAll(/(-?)"([^"]*)"|\S+/g)]
    .flatMap(([piece, sign, phrase]) => {
      const minus = sign ?? (piece.startsWith('-') ? '-' : '');
      const words = (phrase ?? piece).replaceAll('"', ' ').replace(/^[^\p{L}\p{N}]+/u, '');
      if (words === '') return [];
      return [phrase === undefined ? `${minus}${words}` : `${minus}"${words}"`];
    })
    .join(' ');
}
