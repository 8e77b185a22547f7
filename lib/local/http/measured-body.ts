import type { Exchange } from './exchange.ts';

/**
 * An exchange whose body is known to be of some length, as far as somebody wants to know: what was read of it to find
 * out comes again.
 *
 * @returns the bytes of the body, or of a longer one than `maxBytes` more than those.
 */
export async function measuredBody(
  exchange: Exchange,
  maxBytes: number,
): Promise<{ readonly exchange: Exchange; readonly bytes: number }> {
  if (!exchange.hasBody) return { exchange, bytes: 0 };
  const declared = exchange.headers.get('content-length');
  if (declared !== undefined) return { exchange, bytes: Number(declared) };
  const rest = exchange.body()[Symbol.asyncIterator]();
  const read: Uint8Array[] = [];
  let bytes = 0;
  while (bytes <= maxBytes) {
    const part = await rest.next();
    if (part.done === true) break;
    read.push(part.value);
    bytes += part.value.length;
  }
  const body = async function* () {
    yield* read;
    yield* { [Symbol.asyncIterator]: () => rest };
  };
  return { exchange: { ...exchange, body }, bytes };
}
