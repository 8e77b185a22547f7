import { type Agent, type ClientRequest, type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { withDeadline } from '../concurrency/deadline.ts';

/**
 * Longest wait for a service that the gateway depends on (token issuer, Secrets Manager), in milliseconds.
 * For comparison, an HTTP API waits 1 500 ms for its own JWKS fetch
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html).
 */
export const dependencyTimeoutMilliseconds = 1_400;

export interface TextRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** @default dependencyTimeoutMilliseconds */
  readonly timeoutMilliseconds?: number;
  /** Longest answer, in UTF-16 units; a longer one is an error. @default no limit, for services of AWS */
  readonly maxLength?: number;
  /** Keeps connections open between requests. @default a new connection per request */
  readonly agent?: Agent;
}

export interface TextResponse {
  readonly status: number;
  /** By lower-case name; the last value of a repeated header. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

/** Raised for an answer with an unexpected status; names the status and the address for the log. */
export class UnexpectedStatusError extends Error {
  override readonly name: string = 'UnexpectedStatusError';
  constructor(what: string, status: number) {
    super(`${what} answered ${status}`);
  }
}

/**
 * Sends a request with a time-out, and rejects on any failure. It does not use `fetch`, because loading that
 * doubles the authorizer's start time. Without an agent each request opens a new connection, because Lambda
 * may have frozen the process and a kept connection may be dead.
 */
export function requestText(
  url: string,
  {
    method,
    headers,
    body,
    timeoutMilliseconds = dependencyTimeoutMilliseconds,
    maxLength,
    agent,
  }: TextRequest,
): Promise<TextResponse> {
  const target = new URL(url);
  const send = target.protocol === 'https:' ? requestSecure : requestPlain;
  return withDeadline(timeoutMilliseconds, (signal) =>
    exchange(send(target, { method, headers, signal, agent: agent ?? false }), body, maxLength),
  );
}

/**
 * Rejects on every end without a whole answer: an error, a change of protocols (101), a connection that
 * closes.
 */
function exchange(
  request: ClientRequest,
  body: string | undefined,
  maxLength = Number.POSITIVE_INFINITY,
): Promise<TextResponse> {
  return new Promise((resolve, reject) => {
    const closed = () => reject(new Error('The connection closed before the answer.'));
    request.once('close', closed);
    request.on('response', (response) => {
      // A body without a length can still be read to its end after the request has closed.
      request.off('close', closed);
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > maxLength) {
          response.destroy(
            new Error(`The answer of ${request.host} is longer than ${maxLength} characters.`),
          );
        }
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: headersOf(response), text }),
      );
      response.on('error', reject);
      response.on('close', closed);
    });
    request.on('error', reject);
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      closed();
    });
    request.end(body);
  });
}

/** Ten times the size of a set of fifty keys with their certificates. */
const longestDocument = 1_000_000;

/**
 * Reads a JSON document of a foreign server; rejects unless the answer is a 200 with JSON of bounded length.
 */
export async function readJson(url: string): Promise<unknown> {
  const { status, text } = await requestText(url, {
    method: 'GET',
    headers: { accept: 'application/json' },
    maxLength: longestDocument,
  });
  if (status !== 200) throw new UnexpectedStatusError(url, status);
  return JSON.parse(text);
}

function headersOf({ headersDistinct }: IncomingMessage): TextResponse['headers'] {
  return Object.fromEntries(Object.entries(headersDistinct).map(([name, values]) => [name, values?.at(-1)]));
}
