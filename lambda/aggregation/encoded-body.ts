import { isUtf8 } from 'node:buffer';
import type { HttpResponse } from '../../runtime/http/lambda-http.ts';

/**
 * Largest body that an answer can carry: a function may return 6 MB of JSON
 * (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html), base64 makes four bytes of
 * three, and the headers need their share.
 */
export const maxBodyBytes = 4_500_000;

/**
 * Length of the largest body in base64; a text whose JSON escapes are longer than that is sent in base64 as
 * well.
 */
const maxEncodedBytes = (maxBodyBytes / 3) * 4;
/**
 * A control character becomes `\\u0000`: a text below this length cannot be too long, so its escapes are not
 * counted.
 */
const maxGrowth = 6;

/**
 * Encodes a body of at most `maxBodyBytes` for a function's answer: text unchanged, and in base64 what is not
 * text or would be too long as a JSON string.
 */
export function encodedBody(body: Buffer | string): Pick<HttpResponse, 'body' | 'isBase64Encoded'> {
  if (typeof body !== 'string' && (!isUtf8(body) || body.includes(0))) return inBase64(body);
  const text = body.toString();
  return isShortEscaped(text) ? { body: text, isBase64Encoded: false } : inBase64(body);
}

function inBase64(body: Buffer | string): Pick<HttpResponse, 'body' | 'isBase64Encoded'> {
  return { body: Buffer.from(body as string).toString('base64'), isBase64Encoded: true };
}

function isShortEscaped(text: string): boolean {
  if (text.length * maxGrowth <= maxEncodedBytes) return true;
  return Buffer.byteLength(JSON.stringify(text)) <= maxEncodedBytes;
}
