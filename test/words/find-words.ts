import { allowedUses, refusedWords } from './word-list.ts';

/** A refused word in a text: its line, counted from 1, and what to write instead. */
export interface WordFault {
  readonly line: number;
  readonly word: string;
  readonly instead: string;
}

const insteadOf = new Map(refusedWords.map(({ word, instead }) => [word, instead]));

const anyRefused = new RegExp(`(?<![a-z0-9])(?:${[...insteadOf.keys()].join('|')})(?![a-z0-9])`, 'g');

/** Splits identifiers into their words: `toldBy`, `STORE_DOOR` and `store-door` become words with spaces between them. */
function words(line: string): string {
  return line
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/[_-]/g, ' ')
    .toLowerCase();
}

/** The refused words of a file's text, apart from its allowed uses. */
export function findWords(file: string, text: string): WordFault[] {
  const allowed = new Set(
    allowedUses
      .filter((use) => (use.file.endsWith('/') ? file.startsWith(use.file) : file === use.file))
      .map(({ word }) => word),
  );
  return text.split('\n').flatMap((line, index) =>
    [...words(line).matchAll(anyRefused)].flatMap(([found]) => {
      const instead = insteadOf.get(found);
      return instead === undefined || allowed.has(found) ? [] : [{ line: index + 1, word: found, instead }];
    }),
  );
}
