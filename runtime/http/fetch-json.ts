import { type Agent, type ClientRequest, type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { withDeadline } from '../concurrency/deadline.ts';

/**
 * Longest that a call waits for a service of the gateway's own (token issuer, Secrets Manager), in milliseconds. An
 * HTTP API gives its own JWKS fetch 1 500 ms (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html).
 */
export const dependencyTimeoutMilliseconds = 1_400;

export interface TextRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** @default dependencyTimeoutMilliseconds */
  readonly timeoutMilliseconds?: number;
  /** A longer answer, in UTF-16 units, is a failure. @default none: the service is AWS's */
  readonly maxLength?: number;
  /** Connections that are kept between requests. @default one for each */
  readonly agent?: Agent;
}

export interface TextResponse {
  readonly status: number;
  /** By lower-case name; the last value of a name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

/** Raised for an answer other than the one hoped for, so that the log names status and address. */
export class UnexpectedStatusError extends Error {
  override readonly name: string = 'UnexpectedStatusError';
  constructor(what: string, status: number) {
    super(`${what} answered ${status}`);
  }
}

/**
 * Asks within the time-out, and rejects on any failure. Not by `fetch`: loading it doubles the
 * authorizer's start. On a connection of its own unless there is an agent, since a kept one may be dead after Lambda has
 * frozen the process.
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

/** Rejects on whatever ends without a whole answer: an error, a change of protocols (101), a connection that closes. */
function exchange(
  request: ClientRequest,
  body: string | undefined,
  maxLength = Number.POSITIVE_INFINITY,
): Promise<TextResponse> {
  return new Promise((resolve, reject) => {
    const closed = () => reject(new Error('The connection closed before the answer.'));
    request.once('close', closed);
    request.on('response', (response) => {
      // A body without a length may be read to its end after the request has closed.
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

/** A key set of fifty keys with their certificates is a tenth of it. */
const longestDocument = 1_000_000;

/** Reads a JSON document of somebody else's; rejects unless the answer is a 200 with one that is not too long. */
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
