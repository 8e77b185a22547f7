/**
 * A shopper's search, reduced to the valid syntax of `websearch_to_tsquery`: words, `"phrases"`, `or`, and `-` before a
 * word or phrase. The rest is dropped, because PostgreSQL pushes every `-` without a following word onto a stack of 32
 * entries, and fails with an internal error (XX000, "tsquery stack too small") when the stack is full.
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
