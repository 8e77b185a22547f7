import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { evaluateConditions, type PreconditionResult } from './conditional-requests.ts';
import type { ServiceEnv } from './service-app.ts';

async function evaluate(
  method: string,
  headers: Readonly<Record<string, string>>,
  etag: string | null = '"now"',
): Promise<PreconditionResult> {
  let condition: PreconditionResult | undefined;
  const app = new Hono<ServiceEnv>();
  app.all('/', (c) => {
    condition = evaluateConditions(c, etag);
    return c.body(null);
  });
  await app.request('/', { method, headers });
  if (condition === undefined) throw new Error('not evaluated');
  return condition;
}

describe('the precondition of a write', () => {
  test.each([
    [{}, 'proceed', 'proceed'],
    [{ 'if-match': '*' }, 'proceed', 'failed'],
    [{ 'if-match': '"now"' }, 'proceed', 'failed'],
    [{ 'if-match': '"then", W/"now"' }, 'proceed', 'failed'],
    [{ 'if-match': '"then"' }, 'failed', 'failed'],
    [{ 'if-none-match': '*' }, 'failed', 'proceed'],
    [{ 'if-none-match': '"now"' }, 'failed', 'proceed'],
    [{ 'if-none-match': 'W/"now"' }, 'failed', 'proceed'],
    [{ 'if-none-match': '"then"' }, 'proceed', 'proceed'],
    [{ 'if-match': '"then"', 'if-none-match': '"now"' }, 'failed', 'failed'],
    [{ 'if-match': '"now"', 'if-none-match': '*' }, 'failed', 'failed'],
    [{ 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 'proceed', 'proceed'],
  ] as const)('%j: %s for an existing resource, %s for a new one', async (headers, present, absent) => {
    expect(await evaluate('PUT', headers)).toBe(present);
    expect(await evaluate('PUT', headers, null)).toBe(absent);
  });

  test.each(['now', '', ',', '"now', 'w/"now"', '"now" "then"', '*, "now"', '"a"x, "now"'])(
    'is malformed for the list %j',
    async (list) => {
      expect(await evaluate('PUT', { 'if-match': list })).toBe('malformed');
      expect(await evaluate('PUT', { 'if-none-match': list })).toBe('malformed');
    },
  );
});

describe('the precondition of a read', () => {
  test.each([
    [{ 'if-none-match': '*' }, 'not-modified'],
    [{ 'if-none-match': '"then" , W/"now"' }, 'not-modified'],
    [{ 'if-none-match': '"a,b", , "now"' }, 'not-modified'],
    [{ 'if-none-match': '"a, "now"' }, 'proceed'],
    [{ 'if-none-match': 'now' }, 'proceed'],
    [{ 'if-match': '"then"', 'if-none-match': '"now"' }, 'failed'],
    [{ 'if-match': 'now' }, 'proceed'],
    [{ 'if-modified-since': 'Thu, 01 Jan 2099 00:00:00 GMT' }, 'proceed'],
  ] as const)('%j: %s', async (headers, expected) => {
    expect(await evaluate('GET', headers)).toBe(expected);
    expect(await evaluate('HEAD', headers)).toBe(expected);
  });

  test('reads a list of thousands of elements', async () => {
    const list = `${'"x", ,\t '.repeat(3_000)}"now"`;
    expect(await evaluate('GET', { 'if-none-match': list })).toBe('not-modified');
  });
});
