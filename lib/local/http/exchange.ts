import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { HeaderFields } from './header-fields.ts';

/** A response. A stream is forwarded as it arrives; `content-length` must state its length. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: HeaderFields;
  readonly body: Buffer | Readable | null;
}

/** A request at one server, with the means to respond. */
export interface Exchange {
  readonly method: string;
  /** The path as sent, percent-encoded. */
  readonly path: string;
  /** The query string as sent, without the question mark; empty when there is none. */
  readonly query: string;
  readonly headers: HeaderFields;
  /** The IP address of the client. */
  readonly peer: string;
  /** `HTTP/1.1`. */
  readonly protocol: string;
  /** The size of the request line and the header fields in bytes. */
  readonly headBytes: number;
  readonly hasBody: boolean;
  /** Aborts when the client disconnects before the response is complete. */
  readonly gone: AbortSignal;
  /** The request body. A partial read keeps the connection usable. */
  readonly body: () => AsyncIterable<Uint8Array>;
  /** Sends the response. Resolves with the number of body bytes sent; never rejects. */
  readonly send: (answer: HttpResponse) => Promise<number>;
}

export function textResponse(status: number, contentType: string, text: string): HttpResponse {
  return {
    status,
    headers: HeaderFields.of({ 'content-type': contentType }),
    body: Buffer.from(text),
  };
}

/** Wraps a request of node:http; null when its target is not a path with a query, which AWS does not serve. */
export function toExchange(request: IncomingMessage, response: ServerResponse): Exchange | null {
  const target = request.url ?? '';
  if (!target.startsWith('/') || target.includes('#')) return null;
  const mark = target.indexOf('?');
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return {
    method: request.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    headers: HeaderFields.fromRaw(request.rawHeaders),
    peer: (request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
    protocol: `HTTP/${request.httpVersion}`,
    headBytes: headBytes(request, target),
    hasBody:
      request.headers['transfer-encoding'] !== undefined ||
      Number(request.headers['content-length'] ?? 0) > 0,
    gone: gone.signal,
    body: () => bodyOf(request),
    send: (answer) => send(response, request.method === 'HEAD', answer),
  };
}

async function* bodyOf(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    yield* request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  } finally {
    // After an early response, the rest of the body is discarded so that the connection can take the next request.
    request.resume();
  }
}

/** The size of the request line and the `name: value` lines with their line ends. */
function headBytes(request: IncomingMessage, target: string): number {
  const line = (request.method ?? '').length + 1 + target.length + ' HTTP/1.1\r\n'.length;
  return request.rawHeaders.reduce((sum, text) => sum + text.length + 2, line);
}

async function send(response: ServerResponse, isHead: boolean, answer: HttpResponse): Promise<number> {
  const { status, headers, body } = answer;
  if (response.destroyed || response.headersSent) {
    if (body !== null && !Buffer.isBuffer(body)) body.destroy();
    return 0;
  }
  try {
    if (Buffer.isBuffer(body) && status !== 204 && status !== 304) {
      headers.set('content-length', String(body.length));
    }
    response.writeHead(status, headers.toRaw());
    if (body === null || isHead || status === 204 || status === 304) {
      if (body !== null && !Buffer.isBuffer(body)) body.resume();
      response.end();
      return 0;
    }
    if (Buffer.isBuffer(body)) {
      response.end(body);
      return body.length;
    }
    return await pump(body, response);
  } catch {
    // The source failed in the middle of the response. The status is already sent, so the connection is closed.
    response.destroy();
    return 0;
  }
}

async function pump(body: AsyncIterable<Uint8Array>, response: ServerResponse): Promise<number> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (!response.write(chunk)) await drained(response);
    if (response.destroyed) return bytes;
  }
  response.end();
  return bytes;
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
