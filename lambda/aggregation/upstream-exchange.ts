import type { IncomingMessage, RequestOptions, request as requestPlain } from 'node:http';
import type { CallTermination } from './call-termination.ts';
import type { UpstreamCall } from './ports.ts';

/** Raised for an answer over the call's `maxBytes`. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

/** Raised for an invalid HTTP answer. */
export class InvalidAnswerError extends Error {
  override readonly name = 'InvalidAnswerError';
}

export interface RawAnswer {
  readonly status: number;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** The result of one attempt. */
export type Attempt =
  | { readonly kind: 'answer'; readonly answer: RawAnswer }
  | { readonly kind: 'error'; readonly error: unknown; readonly onKeptConnection: boolean };

/** Interim answers (1xx) that a service may send before its final one. */
const maxInterimAnswers = 16;

/**
 * Sends once. It uses events, because reading by an iterator takes several times as long. Settles with the
 * first of all possible ends.
 */
export function attempt(
  makeRequest: typeof requestPlain,
  options: RequestOptions,
  call: UpstreamCall,
  end: CallTermination,
): Promise<Attempt> {
  return new Promise((resolve) => {
    const request = makeRequest(options);
    const fail = (error: unknown, onKeptConnection = false) => {
      resolve({ kind: 'error', error, onKeptConnection });
      request.destroy();
    };
    const closed = () => fail(new Error('The connection closed before the answer.'));
    let interimAnswers = 0;
    request.on('error', (error) => fail(error, request.reusedSocket && isReset(error)));
    request.on('information', ({ statusCode }) => {
      interimAnswers += 1;
      if (statusCode === 101 || interimAnswers > maxInterimAnswers)
        fail(
          new InvalidAnswerError(
            'The service switched the protocol without a request, or sent too many interim answers.',
          ),
        );
    });
    // An unrequested protocol switch (101).
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      fail(new InvalidAnswerError('The service changes the protocol.'));
    });
    request.once('close', closed);
    request.on('response', (response) => {
      request.off('close', closed);
      read(response, call).then((answer) => resolve({ kind: 'answer', answer }), fail);
    });
    end.follow(fail);
    request.end(call.body);
  });
}

/** @throws InvalidAnswerError, TooLargeError, or the connection's error. */
function read(response: IncomingMessage, call: UpstreamCall): Promise<RawAnswer> {
  const { statusCode: status = 0, rawHeaders: headers } = response;
  return new Promise((resolve, reject) => {
    if (status < 200 || status > 599) reject(new InvalidAnswerError(`The status is ${status}.`));
    if (!hasKnownEnd(response, call)) reject(new InvalidAnswerError('The answer has no length.'));
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > call.maxBytes && call.method !== 'HEAD') reject(new TooLargeError());
      else chunks.push(chunk);
    });
    response.on('error', reject);
    response.on('end', () => resolve({ status, headers, body: join(chunks) }));
    response.on('close', () => reject(new Error('The connection closed within the answer.')));
  });
}

/**
 * Whether the answer is known to be complete. One that lasts until its connection closes (RFC 9112 section
 * 6.3, the last case) looks the same when the service dies in the middle of it.
 */
function hasKnownEnd({ statusCode, headers }: IncomingMessage, { method }: UpstreamCall): boolean {
  const hasNoBody = method === 'HEAD' || statusCode === 204 || statusCode === 304;
  return hasNoBody || headers['content-length'] !== undefined || isChunked(headers['transfer-encoding']);
}

function isChunked(coding: string | undefined): boolean {
  return coding !== undefined && /(?:^|,)\s*chunked$/i.test(coding);
}

function join(chunks: readonly Buffer[]): Buffer {
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

function isReset(error: Error & { readonly code?: string }): boolean {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE';
}
