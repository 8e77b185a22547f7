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
  const fault = (word: string, line: number): WordFault[] => {
    const instead = insteadOf.get(word);
    return instead === undefined || allowed.has(word) ? [] : [{ line, word, instead }];
  };
  const lines = text.split('\n');
  return lines.flatMap((line, index) => [
    ...[...words(line).matchAll(anyRefused)].flatMap(([found]) => fault(found, index + 1)),
    ...acrossLines(line, lines[index + 1]).flatMap((found) => fault(found, index + 1)),
  ]);
}

/** What begins a line of a comment, a list or a quotation. */
const lineStart = /^\s*(?:\*|\/\/|#|>|-)?\s*/;

/** Phrases that begin on one line and end on the next. */
function acrossLines(line: string, next: string | undefined): string[] {
  if (next === undefined) return [];
  const head = words(line.trimEnd());
  const joined = `${head} ${words(next.replace(lineStart, ''))}`;
  return [...joined.matchAll(anyRefused)].flatMap((match) => {
    const isAcross = match.index < head.length && match.index + match[0].length > head.length;
    return isAcross ? [match[0]] : [];
  });
}
