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

/** A day, as payment providers keep keys; a retry comes long before. */
const keepDays = 1;

/** Where keys are remembered, as statements of a service's migrations. */
export const idempotencyTables: readonly string[] = [
  `create table idempotency_keys (
    key text primary key,
    fingerprint text not null,
    answer json,
    kept_at timestamptz not null default now()
  )`,
  'create index idempotency_keys_by_age on idempotency_keys (kept_at)',
];

/** Carries an answer that is not to be kept out of its transaction, which it rolls back. */
class Refused extends Error {
  readonly answer: Response;
  constructor(answer: Response) {
    super('refused');
    this.answer = answer;
  }
}

/**
 * Runs a write once per `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header), its effect and its key in one
 * transaction: whatever ends the process, both are there or neither. A repetition gets the first answer again, waiting
 * for it if need be; 422 if the request is another. Refusals (4xx, 5xx) take no effect and are not kept. Without the
 * header the write just runs.
 *
 * @param owner whose key it is: two callers may choose the same one.
 * @param request what makes two requests the same.
 */
export async function runOnceInDatabase(
  c: ServiceContext,
  database: Database,
  owner: string,
  request: unknown,
  run: (transaction: Queries) => Promise<Response>,
): Promise<Response> {
  const given = readKey(c, owner);
  if (given.kind === 'invalid') return given.answer;
  const key = given.kind === 'key' ? given.key : null;
  const fingerprint = hashOf(request);
  try {
    return await database.transaction(async (transaction) => {
      const known = key === null ? null : await takeKey(transaction, key, fingerprint);
      if (known !== null) return answerOf(c, known, fingerprint);
      const answer = await run(transaction);
      if (!answer.ok) throw new Refused(answer);
      if (key !== null) {
        await transaction.query('update idempotency_keys set answer = $2 where key = $1', [
          key,
          JSON.stringify(await toStoredResponse(answer)),
        ]);
      }
      return answer;
    });
  } catch (error) {
    if (error instanceof Refused) return error.answer;
    throw error;
  }
}

/**
 * The answer to a repetition of a write that has been done, or 422 if the request is another; null for a write that has
 * not. For writes that ask others before they begin: a repetition does not depend on them.
 */
export async function findStoredResponse(
  c: ServiceContext,
  queries: Queries,
  owner: string,
  request: unknown,
): Promise<Response | null> {
  const given = readKey(c, owner);
  if (given.kind === 'invalid') return given.answer;
  if (given.kind === 'none') return null;
  const known = await findKey(queries, given.key);
  return known === null ? null : answerOf(c, known, hashOf(request));
}

interface KnownKey {
  readonly fingerprint: string;
  readonly answer: StoredResponse | null;
}

function answerOf(c: ServiceContext, known: KnownKey, fingerprint: string): Response {
  return known.fingerprint === fingerprint && known.answer !== null
    ? replayResponse(known.answer)
    : reusedKeyProblem(c);
}

/** Takes the key for this call, or gives what is known of it. Another call with it that is at work is waited for. */
async function takeKey(transaction: Queries, key: string, fingerprint: string): Promise<KnownKey | null> {
  const taken = await transaction.query(
    'insert into idempotency_keys (key, fingerprint) values ($1, $2) on conflict do nothing returning key',
    [key, fingerprint],
  );
  return taken.length > 0 ? null : await findKey(transaction, key);
}

async function findKey(queries: Queries, key: string): Promise<KnownKey | null> {
  const [known] = await queries.query<KnownKey>(
    'select fingerprint, answer from idempotency_keys where key = $1',
    [key],
  );
  return known ?? null;
}

export async function deleteExpiredIdempotencyKeys(database: Database): Promise<void> {
  await database.query(`delete from idempotency_keys where kept_at < now() - interval '${keepDays} days'`);
}
