import { expect } from 'vitest';
import { type Answer, retryAfterMs } from './client.ts';

/** Expects a 429 with the headers and problem details of a rate limit. */
export function expectThrottled(answer: Answer): void {
  expect(answer.status).toBe(429);
  expect(answer.json()).toMatchObject({
    type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
    title: 'Too Many Requests',
    status: 429,
  });
  expect(retryAfterMs(answer)).toBeGreaterThan(0);
  expect(answer.header('ratelimit')).toMatch(/;r=0/);
  expect(answer.header('ratelimit-policy')).toMatch(/;q=\d+;w=\d+/);
  expect(answer.header('x-ratelimit-remaining')).toBe('0');
  expect(answer.header('cache-control')).toBe('no-store');
}

/**
 * Sends calls, `lanes` at a time, until one is not answered with 200.
 *
 * @returns All answers in the order of their calls.
 * @throws If `most` calls were answered with 200.
 */
export async function callUntilRefused(
  most: number,
  call: (index: number) => Promise<Answer>,
  lanes = 1,
): Promise<{ readonly admitted: readonly Answer[]; readonly refused: Answer }> {
  const admitted: Answer[] = [];
  while (admitted.length < most) {
    const first = admitted.length;
    const answers = await Promise.all(Array.from({ length: lanes }, (_, lane) => call(first + lane)));
    const refused = answers.find(({ status }) => status !== 200);
    admitted.push(...answers.filter(({ status }) => status === 200));
    if (refused !== undefined) return { admitted, refused };
  }
  throw new Error(`${most} calls were admitted and none refused.`);
}
