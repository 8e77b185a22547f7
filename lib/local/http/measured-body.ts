import type { Exchange } from './exchange.ts';

/**
 * Measures the body of an exchange up to a limit. The returned exchange still has the complete body.
 *
 * @returns the length of the body; a number above `maxBytes` for a longer body.
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
