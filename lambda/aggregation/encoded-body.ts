import { isUtf8 } from 'node:buffer';
import type { HttpResponse } from '../../runtime/http/lambda-http.ts';

/**
 * Largest body that an answer can carry: a function may return 6 MB of JSON
 * (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html), base64 makes four bytes of three, and the
 * headers take their share.
 */
export const maxBodyBytes = 4_500_000;

/** What base64 makes of the largest body; a text that JSON's escapes make longer than that goes as base64 as well. */
const maxEncodedBytes = (maxBodyBytes / 3) * 4;
/** A control character becomes `\\u0000`: below this no text can be too long, so its escapes are not counted. */
const maxGrowth = 6;

/**
 * A body of at most `maxBodyBytes` as a function's answer carries it: text as it is, and in base64 what is not text or
 * would be too long as a JSON string.
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
