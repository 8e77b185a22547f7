import { createHash } from 'node:crypto';
import { problem } from './problem.ts';
import type { ServiceContext } from './service-app.ts';

/** The stored response of a finished call, sent again when the call is repeated. */
export interface StoredResponse {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

const maxKeyLength = 255;

/**
 * The storage key of a call: a hash of the owner, the method, the path and the `Idempotency-Key` header. Its length does
 * not depend on the lengths of paths and headers.
 *
 * @param owner the caller. Two callers may choose the same `Idempotency-Key`.
 */
export function readKey(
  c: ServiceContext,
  owner: string,
):
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'invalid'; readonly answer: Response } {
  const given = c.req.header('idempotency-key');
  if (given === undefined) return { kind: 'none' };
  return given === '' || given.length > maxKeyLength
    ? {
        kind: 'invalid',
        answer: problem(c, 400, `Idempotency-Key must have 1 to ${maxKeyLength} characters.`),
      }
    : { kind: 'key', key: hashOf([owner, c.req.method, c.req.path, given]) };
}

/** SHA-256 of a JSON value, in base64url. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url');
}

/** 422: the caller sent this `Idempotency-Key` with another request before. */
export function reusedKeyProblem(c: ServiceContext): Response {
  return problem(c, 422, 'This Idempotency-Key was used for another request. Use a new key.');
}

/** Copies a response for storage. The response itself can still be sent. */
export async function toStoredResponse(response: Response): Promise<StoredResponse> {
  return {
    status: response.status,
    headers: [...response.headers],
    body: await response.clone().text(),
  };
}

/** Makes a response from its stored copy. */
export function replayResponse({ status, headers, body }: StoredResponse): Response {
  return new Response(body, {
    status,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
  });
}
