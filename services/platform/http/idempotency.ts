import { createHash } from 'node:crypto';
import { problem } from './problem.ts';
import type { ServiceContext } from './service-app.ts';

/** The answer of a finished call, kept for its repetitions. */
export interface StoredResponse {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** What is known of a key when a call comes with it. */
export type KeyState =
  | { readonly kind: 'new' }
  /** Another call with this key is still at work. */
  | { readonly kind: 'running' }
  /** The key came with another request before. */
  | { readonly kind: 'other-request' }
  | { readonly kind: 'finished'; readonly answer: StoredResponse };

/** Where keys are remembered. `begin` takes a new key for its caller; `finish` or `abandon` must follow. */
export interface IdempotencyStore {
  begin(key: string, fingerprint: string): KeyState;
  finish(key: string, answer: StoredResponse): void;
  abandon(key: string): void;
}

/** A day, as payment providers keep keys; a retry comes long before. */
const keepMs = 24 * 60 * 60 * 1000;
const maxKeys = 10_000;
const maxKeyLength = 255;

interface Entry {
  readonly fingerprint: string;
  readonly expiresAt: number;
  readonly answer: StoredResponse | null;
}

/** Remembers keys in this process: at most 10 000, the oldest forgotten first. */
export function createMemoryIdempotencyStore(nowMs: () => number): IdempotencyStore {
  const entries = new Map<string, Entry>();
  return {
    begin(key, fingerprint) {
      const entry = entries.get(key);
      if (entry === undefined || entry.expiresAt <= nowMs()) {
        entries.delete(key);
        entries.set(key, { fingerprint, expiresAt: nowMs() + keepMs, answer: null });
        const oldest = entries.keys().next();
        if (entries.size > maxKeys && !oldest.done) entries.delete(oldest.value);
        return { kind: 'new' };
      }
      if (entry.fingerprint !== fingerprint) return { kind: 'other-request' };
      return entry.answer === null ? { kind: 'running' } : { kind: 'finished', answer: entry.answer };
    },
    finish(key, answer) {
      const entry = entries.get(key);
      if (entry !== undefined) entries.set(key, { ...entry, answer });
    },
    abandon(key) {
      entries.delete(key);
    },
  };
}

/**
 * Runs a write once per `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): its repetition gets the first
 * answer again, 409 while the first is at work, 422 if the request is another. Refusals (4xx, 5xx) are not kept, so
 * that a caller may try again with the same key. Without the header the write just runs.
 *
 * @param owner whose key it is: two callers may choose the same one.
 * @param request what makes two requests the same.
 */
export async function runOnce(
  c: ServiceContext,
  store: IdempotencyStore,
  owner: string,
  request: unknown,
  run: () => Promise<Response> | Response,
): Promise<Response> {
  const given = readKey(c, owner);
  if (given.kind === 'none') return run();
  if (given.kind === 'invalid') return given.answer;
  const { key } = given;
  const fingerprint = hashOf(request);
  const state = store.begin(key, fingerprint);
  if (state.kind === 'new') return runAndStore(store, key, run);
  if (state.kind === 'finished') return replayResponse(state.answer);
  return state.kind === 'running'
    ? problem(c, 409, 'A call with this Idempotency-Key is still at work. Try again shortly.', {
        headers: { 'retry-after': '1' },
      })
    : reusedKeyProblem(c);
}

/**
 * The key of a call, made its owner's and its resource's own: a hash, so that paths and keys of any length make an index
 * entry and a header of the same.
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

/** Of a value that is JSON; two values have the same only if they are the same. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url');
}

export function reusedKeyProblem(c: ServiceContext): Response {
  return problem(c, 422, 'This Idempotency-Key came with another request before. Use a new one.');
}

/** Reads an answer without using it up. */
export async function toStoredResponse(answer: Response): Promise<StoredResponse> {
  return { status: answer.status, headers: [...answer.headers], body: await answer.clone().text() };
}

export function replayResponse({ status, headers, body }: StoredResponse): Response {
  return new Response(body, {
    status,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
  });
}

async function runAndStore(
  store: IdempotencyStore,
  key: string,
  run: () => Promise<Response> | Response,
): Promise<Response> {
  try {
    const answer = await run();
    if (!answer.ok) {
      store.abandon(key);
      return answer;
    }
    store.finish(key, await toStoredResponse(answer));
    return answer;
  } catch (error) {
    store.abandon(key);
    throw error;
  }
}
