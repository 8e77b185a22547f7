import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CallExpression, type NewExpression, parseSync, Visitor } from 'oxc-parser';

/** A regular expression literal of a source file. */
export interface Pattern {
  /** First file that contains it, for example `lambda/auth/identity/api-key.ts`. */
  readonly file: string;
  readonly source: string;
  readonly flags: string;
}

export interface Patterns {
  /** Distinct patterns. */
  readonly literals: readonly Pattern[];
  /** Files that build a pattern at run time. */
  readonly computed: readonly string[];
}

/** Finds the regular expressions of all programs in the folders, without tests and test support. */
export function patternsOf(folders: readonly string[]): Patterns {
  const literals = new Map<string, Pattern>();
  const computed = new Set<string>();
  for (const file of folders.flatMap(programsOf)) {
    const { program, errors } = parseSync(file, readFileSync(file, 'utf8'));
    if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`);
    const constructs = ({ callee }: CallExpression | NewExpression) => {
      if (callee.type === 'Identifier' && callee.name === 'RegExp') computed.add(file);
    };
    new Visitor({
      Literal(node) {
        if (!('regex' in node)) return;
        const { pattern, flags } = node.regex;
        const key = `/${pattern}/${flags}`;
        if (!literals.has(key)) literals.set(key, { file, source: pattern, flags });
      },
      NewExpression: constructs,
      CallExpression: constructs,
    }).visit(program);
  }
  return { literals: [...literals.values()], computed: [...computed].toSorted() };
}

function programsOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(
      (name) => /\.(m?js|ts)$/.test(name) && !/(\.test\.ts|testing\.ts|-for-tests\.ts|\.d\.ts)$/.test(name),
    )
    .map((name) => join(folder, name))
    .toSorted();
}
