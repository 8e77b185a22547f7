import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasPostgres, postgresNote } from '../../test/support/postgres.ts';
import { testDatabases } from '../testing/shop.ts';
import { searchText } from './search-text.ts';

test.each([
  ['folding pen', 'folding pen'],
  ['foldable -pen', 'foldable -pen'],
  ['"triple camera" or headphone', '"triple camera" or headphone'],
  ['-"triple camera" -', '-"triple camera"'],
  ['- - --pen !&|()', '-pen'],
  ['"" "pen', 'pen'],
  ['a"b', 'a b'],
  [' ', ''],
])('reduces %j to %j', (typed, expected) => {
  expect(searchText(typed)).toBe(expected);
});

describe.runIf(hasPostgres)(`a search${postgresNote}`, () => {
  const databaseOf = testDatabases();

  test('is valid for PostgreSQL, for any input', async () => {
    const database = await databaseOf('shop', []);
    const parse = async (typed: string) => {
      const rows = await database.query("select websearch_to_tsquery('english', $1)", [searchText(typed)]);
      expect(rows).toHaveLength(1);
    };
    for (const sign of [
      '-',
      '!',
      '"',
      '- ',
      '-"',
      '-"" ',
      '-"-" ',
      '-!',
      '-or ',
      '(',
      '-a ',
      'a or ',
      "'",
      '\\',
    ]) {
      await parse(sign.repeat(200 / sign.length));
      await parse(`${sign.repeat(190 / sign.length)}pen`);
    }
    const unit = fc.constantFrom(
      '-',
      '"',
      ' ',
      '!',
      '&',
      '|',
      '(',
      ')',
      ':',
      '*',
      '<',
      '>',
      "'",
      '\\',
      'a',
      'or',
      'é',
      '1',
      '.',
    );
    const typed = fc.oneof(
      fc.array(unit, { maxLength: 200 }).map((units) => units.join('').slice(0, 200)),
      fc.string({ unit: 'grapheme', maxLength: 200 }),
    );
    await fc.assert(
      fc.asyncProperty(typed, async (text) => {
        await parse(text.replaceAll('\0', ''));
      }),
      { numRuns: 300 },
    );
  });

  test('fails in PostgreSQL without the reduction', async () => {
    const database = await databaseOf('shop', []);
    const raw = database.query("select websearch_to_tsquery('english', $1)", ['-'.repeat(33)]);
    await expect(raw).rejects.toThrow('tsquery stack too small');
  });
});
