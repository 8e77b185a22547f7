/**
 * What an error of PostgreSQL means for the call: `unavailable` is temporary (503), `invalid` (422) and `conflict` (409)
 * are caused by the data of the caller, and a `fault` by the service (500).
 */
export type SqlStateMeaning = 'unavailable' | 'invalid' | 'conflict' | 'fault';

/**
 * Meanings by class, the first two characters of the code
 * (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
const classes: Readonly<Record<string, SqlStateMeaning>> = {
  '08': 'unavailable', // connection exception
  '22': 'invalid', // data exception
  '40': 'unavailable', // transaction rollback: serialization failure, deadlock
  '53': 'unavailable', // insufficient resources: disk full, out of memory, too many connections
  '57': 'unavailable', // operator intervention: shutdown, crash, statement time-out
  '58': 'unavailable', // system error: input and output
};

const codes: Readonly<Record<string, SqlStateMeaning>> = {
  '23001': 'conflict', // restrict violation
  '23502': 'invalid', // not-null violation
  '23503': 'conflict', // foreign key violation
  '23505': 'conflict', // unique violation
  '23514': 'invalid', // check violation
  '23P01': 'conflict', // exclusion violation
  '25006': 'unavailable', // read-only transaction: the writer is elsewhere
  '25P03': 'unavailable', // idle in transaction for too long
  '25P04': 'unavailable', // transaction time-out
  '54000': 'invalid', // program limit exceeded: a value too long for an index, a search too complex
  '54001': 'invalid', // statement too complex: a search nested too deep
  '55006': 'unavailable', // object in use
  '55P03': 'unavailable', // lock not available in time
};

/** The meaning of an SQLSTATE, such as `22021`, for the call. */
export function classifySqlState(sqlState: string | undefined): SqlStateMeaning {
  if (sqlState === undefined) return 'fault';
  return codes[sqlState] ?? classes[sqlState.slice(0, 2)] ?? 'fault';
}

/** Whether the connection must be closed: the server ends it, or a new connection may reach a working server. */
export function terminatesConnection(sqlState: string | undefined): boolean {
  return /^(?:08...|25006|25P03|25P04|57P..)$/.test(sqlState ?? '');
}
