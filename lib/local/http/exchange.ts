import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { HeaderFields } from './header-fields.ts';

/** What a layer answers. A stream is passed on as it comes; its length is whatever `content-length` says. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: HeaderFields;
  readonly body: Buffer | Readable | null;
}

/** One request under way at one layer. */
export interface Exchange {
  readonly method: string;
  /** Path as sent, percent-encoded. */
  readonly path: string;
  /** Query string as sent, without the question mark; empty when there is none. */
  readonly query: string;
  readonly headers: HeaderFields;
  /** IP address of the other end of the connection. */
  readonly peer: string;
  /** `HTTP/1.1`. */
  readonly protocol: string;
  /** Bytes of the request line and header fields as sent. */
  readonly headBytes: number;
  readonly hasBody: boolean;
  /** Aborts when the caller has gone before its answer was complete. */
  readonly gone: AbortSignal;
  /** The request body; reading it in part leaves the connection intact. */
  readonly body: () => AsyncIterable<Uint8Array>;
  /** Sends the answer. Resolves, never rejects, with the bytes of body sent. */
  readonly send: (answer: HttpResponse) => Promise<number>;
}

export function textResponse(status: number, contentType: string, text: string): HttpResponse {
  return {
    status,
    headers: HeaderFields.of({ 'content-type': contentType }),
    body: Buffer.from(text),
  };
}

/** Wraps a request of node:http; null when its target is not a path and query, which no layer of AWS serves. */
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
    // Whoever stops early has its answer; the rest is read past, or the connection could take no further request.
    request.resume();
  }
}

/** Method, target and version of the request line, then `name: value` lines, each with its line end. */
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
    // The other side broke off in mid-answer. Its status is out already, so a cut connection is all that can tell.
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
