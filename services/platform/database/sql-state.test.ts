import { expect, test } from 'vitest';
import { createApp } from '../http/app.ts';
import { RejectedDataError } from '../rejected-data.ts';
import { noTracing } from '../tracing/tracing.ts';
import { UnavailableError } from '../unavailable.ts';
import { classifySqlState, type SqlStateMeaning, terminatesConnection } from './sql-state.ts';

/** Error codes of PostgreSQL (Appendix A), and the meaning of each. */
const table: readonly (readonly [string, string, SqlStateMeaning])[] = [
  ['08000', 'connection exception', 'unavailable'],
  ['08006', 'connection failure', 'unavailable'],
  ['08P01', 'protocol violation', 'unavailable'],
  ['21000', 'cardinality violation', 'fault'],
  ['22001', 'string too long', 'invalid'],
  ['22003', 'number out of range', 'invalid'],
  ['22008', 'date out of range', 'invalid'],
  ['22021', 'character not in the encoding, such as NUL', 'invalid'],
  ['22P02', 'text that is not a value of the type', 'invalid'],
  ['22P05', 'character that cannot be translated', 'invalid'],
  ['23502', 'not-null violation', 'invalid'],
  ['23503', 'foreign key violation', 'conflict'],
  ['23505', 'unique violation', 'conflict'],
  ['23514', 'check violation', 'invalid'],
  ['23P01', 'exclusion violation', 'conflict'],
  ['25006', 'read-only transaction', 'unavailable'],
  ['25P02', 'transaction has failed before', 'fault'],
  ['25P03', 'idle in transaction for too long', 'unavailable'],
  ['28P01', 'invalid password', 'fault'],
  ['40001', 'serialization failure', 'unavailable'],
  ['40P01', 'deadlock', 'unavailable'],
  ['42601', 'syntax error', 'fault'],
  ['42P01', 'undefined table', 'fault'],
  ['53100', 'disk full', 'unavailable'],
  ['53200', 'out of memory', 'unavailable'],
  ['53300', 'too many connections', 'unavailable'],
  ['54000', 'program limit exceeded', 'invalid'],
  ['54001', 'statement too complex', 'invalid'],
  ['54023', 'too many arguments', 'fault'],
  ['55P03', 'lock not available', 'unavailable'],
  ['57014', 'query canceled', 'unavailable'],
  ['57P01', 'admin shutdown', 'unavailable'],
  ['57P02', 'crash shutdown', 'unavailable'],
  ['57P03', 'cannot connect now', 'unavailable'],
  ['58030', 'input or output error', 'unavailable'],
  ['XX000', 'internal error', 'fault'],
];

const answers = { unavailable: 503, invalid: 422, conflict: 409, fault: 500 } as const;

test.each(table)('classifies %s, %s, as %s', async (code, title, meaning) => {
  expect(classifySqlState(code)).toBe(meaning);
  const cause = new Error(title);
  const thrown =
    meaning === 'unavailable'
      ? new UnavailableError(title, { cause })
      : meaning === 'fault'
        ? cause
        : new RejectedDataError(meaning, { cause });
  const levels: string[] = [];
  const app = createApp(
    {
      service: 'x',
      log: (level, message) => message !== 'request' && levels.push(level),
      tracing: noTracing,
      monotonicMs: () => 0,
      onAnswered: () => {},
      isStopping: () => false,
      checks: {},
    },
    (routes) => routes.get('/', () => Promise.reject(thrown)),
  );
  const answer = await app.request('/');
  expect(answer.status).toBe(answers[meaning]);
  expect(answer.headers.get('retry-after')).toBe(meaning === 'unavailable' ? '2' : null);
  expect(levels).toEqual([answer.status < 500 ? 'warn' : 'error']);
});

test.each(['57P01', '57P02', '08006', '25006', '25P03'])('closes the connection after %s', (code) => {
  expect(terminatesConnection(code)).toBe(true);
});

test.each(['57014', '55P03', '40001', '23505', '22021', undefined])(
  'keeps the connection after %s',
  (code) => {
    expect(terminatesConnection(code)).toBe(false);
  },
);
