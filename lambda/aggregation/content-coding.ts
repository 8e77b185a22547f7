import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, type ZlibOptions } from 'node:zlib';

const decoders: Readonly<Record<string, (body: Buffer, options: ZlibOptions) => Promise<Buffer>>> = {
  gzip: promisify<Buffer, ZlibOptions, Buffer>(gunzip),
  'x-gzip': promisify<Buffer, ZlibOptions, Buffer>(gunzip),
  deflate: promisify<Buffer, ZlibOptions, Buffer>(inflate),
  br: promisify<Buffer, ZlibOptions, Buffer>(brotliDecompress),
};

/**
 * Decodes a content coding (RFC 9110 section 8.4.1), which a service may send without a request for it.
 *
 * @param maxBytes Limit of the decoded body, which may be far larger than the coded one: above it, `body` is
 * undefined.
 * @returns The unchanged body when the coding is missing or unknown, which `isDecoded` tells.
 * @throws The zlib error for bytes that are not of the coding.
 */
export async function decodeBody(
  body: Buffer,
  coding: string | undefined,
  maxBytes: number,
): Promise<{ readonly body: Buffer | undefined; readonly isDecoded: boolean }> {
  const decode = decoders[coding?.trim().toLowerCase() ?? ''];
  if (decode === undefined || body.length === 0) return { body, isDecoded: false };
  try {
    return { body: await decode(body, { maxOutputLength: maxBytes }), isDecoded: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      return { body: undefined, isDecoded: true };
    throw error;
  }
}
