import { describe, expect, test } from 'vitest';
import { alarmsSchema } from './alarms.ts';

describe('the base URL of the runbooks', () => {
  test('loses its slash at the end', () => {
    const { runbookBaseUrl } = alarmsSchema.parse({ runbookBaseUrl: 'https://git.store.example/runbooks/' });
    expect(runbookBaseUrl).toBe('https://git.store.example/runbooks');
  });

  test('has a default', () => {
    expect(alarmsSchema.parse({}).runbookBaseUrl).toBe('https://example.com/gatehouse/docs/runbooks');
  });

  test.each([
    ['docs/runbooks', 'Give an https URL'],
    ['http://git.store.example/runbooks', 'Give an https URL'],
    [`https://git.store.example/${'x'.repeat(300)}`, 'Give at most 300 characters.'],
  ])('refuses %s with the remedy', (runbookBaseUrl, remedy) => {
    const { error } = alarmsSchema.safeParse({ runbookBaseUrl });
    expect(error?.issues[0]).toMatchObject({ path: ['runbookBaseUrl'] });
    expect(error?.issues[0]?.message).toContain(remedy);
  });
});
