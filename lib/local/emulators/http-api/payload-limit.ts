/** "Payload size 10 MB" (quotas for HTTP APIs), in bytes, for a request and for a response. */
export const maxPayloadBytes = 10 * 1_024 * 1_024;

/** "Request line and header values combined, 10,240 bytes" (quotas for HTTP APIs). */
export const maxHeadBytes = 10_240;

/** A body exceeds the payload limit of API Gateway. */
export class PayloadTooLargeError extends Error {
  override readonly name = 'PayloadTooLargeError';
}

/**
 * Passes a body through and counts its bytes.
 *
 * @throws {PayloadTooLargeError} in the middle of the stream, when the body exceeds the limit.
 */
export async function* limited(
  body: AsyncIterable<Uint8Array>,
  counted: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxPayloadBytes) throw new PayloadTooLargeError(`The body is over ${maxPayloadBytes} bytes.`);
    yield chunk;
    counted(bytes);
  }
}

/** Reads a complete body. @throws {PayloadTooLargeError} */
export async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of limited(body, () => undefined)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
