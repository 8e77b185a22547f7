import {
  hashOf,
  readKey,
  replayResponse,
  reusedKeyProblem,
  type StoredResponse,
  toStoredResponse,
} from '../http/idempotency.ts';
import type { ServiceContext } from '../http/service-app.ts';
import type { Database, Queries } from './database.ts';

/** Payment providers keep keys for a day as well. Retries come much sooner. */
const keepDays = 1;

/** The table of keys, as statements of a service's migrations. */
export const idempotencyTables: readonly string[] = [
  `create table idempotency_keys (
    key text primary key,
    fingerprint text not null,
    answer json,
    kept_at timestamptz not null default now()
  )`,
  'create index idempotency_keys_by_age on idempotency_keys (kept_at)',
];

/** Rolls back the transaction and carries the response out of it. A refusal is not stored. */
class RefusedWrite extends Error {
  readonly response: Response;
  constructor(response: Response) {
    super('refused');
    this.response = response;
  }
}

/** A write that may carry an `Idempotency-Key`. */
export interface IdempotentWrite {
  readonly database: Database;
  /** The caller. Two callers may choose the same key. */
  readonly owner: string;
  /** The JSON value that must be equal in a repetition. */
  readonly request: unknown;
}

/**
 * Runs a write once per `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header). The effect and the key commit in
 * one transaction, so a crash leaves both or neither. A repetition waits for the first call and gets its response; 422
 * if the request differs. Refusals (4xx, 5xx) are rolled back and not stored. Without the header the write always runs.
 */
export async function runOnceInDatabase(
  c: ServiceContext,
  { database, owner, request }: IdempotentWrite,
  run: (transaction: Queries) => Promise<Response>,
): Promise<Response> {
  const given = readKey(c, owner);
  if (given.kind === 'invalid') return given.answer;
  const key = given.kind === 'key' ? given.key : null;
  const fingerprint = hashOf(request);
  try {
    return await database.transaction(async (transaction) => {
      const known = key === null ? null : await takeKey(transaction, key, fingerprint);
      if (known !== null) return storedResponse(c, known, fingerprint);
      const response = await run(transaction);
      if (!response.ok) throw new RefusedWrite(response);
      if (key !== null) {
        await transaction.query('update idempotency_keys set answer = $2 where key = $1', [
          key,
          JSON.stringify(await toStoredResponse(response)),
        ]);
      }
      return response;
    });
  } catch (error) {
    if (error instanceof RefusedWrite) return error.response;
    throw error;
  }
}

/**
 * The stored response of a write that has been done, or 422 if the request differs; null if the write has not been done.
 * For writes that call other services first: a repetition then does not depend on those services.
 */
export async function findStoredResponse(
  c: ServiceContext,
  { database, owner, request }: IdempotentWrite,
): Promise<Response | null> {
  const given = readKey(c, owner);
  if (given.kind === 'invalid') return given.answer;
  if (given.kind === 'none') return null;
  const known = await findKey(database, given.key);
  return known === null ? null : storedResponse(c, known, hashOf(request));
}

interface KnownKey {
  readonly fingerprint: string;
  readonly answer: StoredResponse | null;
}

function storedResponse(c: ServiceContext, known: KnownKey, fingerprint: string): Response {
  return known.fingerprint === fingerprint && known.answer !== null
    ? replayResponse(known.answer)
    : reusedKeyProblem(c);
}

/** Inserts the key, or returns its row if it exists. Waits for a running call with the same key. */
async function takeKey(transaction: Queries, key: string, fingerprint: string): Promise<KnownKey | null> {
  const inserted = await transaction.query(
    'insert into idempotency_keys (key, fingerprint) values ($1, $2) on conflict do nothing returning key',
    [key, fingerprint],
  );
  return inserted.length > 0 ? null : await findKey(transaction, key);
}

async function findKey(queries: Queries, key: string): Promise<KnownKey | null> {
  const [known] = await queries.query<KnownKey>(
    'select fingerprint, answer from idempotency_keys where key = $1',
    [key],
  );
  return known ?? null;
}

/** Deletes keys older than a day. */
export async function deleteExpiredIdempotencyKeys(database: Database): Promise<void> {
  await database.query(`delete from idempotency_keys where kept_at < now() - interval '${keepDays} days'`);
}
