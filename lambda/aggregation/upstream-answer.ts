import { isUtf8 } from 'node:buffer';
import type { HttpAnswer } from '../shared/http-call.ts';

/**
 * Meant for one connection only (RFC 9110 section 7.6.1), or no longer true: `fetch` has undone the content coding, and
 * the length is counted anew.
 */
const droppedHeaders = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-encoding',
  'content-length',
  // Carried apart, since several may not be joined into one (RFC 6265 section 3).
  'set-cookie',
]);

/**
 * Largest body that an answer can carry: a function may return 6 MB of JSON
 * (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html), base64 makes four bytes of three, and the
 * headers take their share.
 */
export const maxBodyBytes = 4_500_000;

/** Raised while reading a body over `maxBodyBytes`. */
export class OversizedAnswerError extends Error {
  constructor() {
    super(`The answer is longer than ${maxBodyBytes} bytes.`);
    this.name = 'OversizedAnswerError';
  }
}

/**
 * Turns an external service's answer into the function's: text as text, anything else in base64.
 *
 * @throws OversizedAnswerError, or what ends the body's stream early.
 */
export async function readAnswer(response: Response): Promise<HttpAnswer> {
  const body = await readBody(response);
  const isText = isUtf8(body) && !body.includes(0);
  const dropped = new Set([...droppedHeaders, ...namedByConnection(response.headers)]);
  return {
    statusCode: response.status,
    headers: Object.fromEntries([...response.headers].filter(([name]) => !dropped.has(name))),
    cookies: response.headers.getSetCookie(),
    body: body.toString(isText ? 'utf8' : 'base64'),
    isBase64Encoded: !isText,
  };
}

async function readBody(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new OversizedAnswerError();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function namedByConnection(headers: Headers): string[] {
  return (headers.get('connection') ?? '').split(',').map((name) => name.trim().toLowerCase());
}
