import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Runbook {
  /** Folder and alarm, such as `auth/AuthorizerErrors`. */
  readonly name: string;
  readonly text: string;
  /** Code blocks and code spans. */
  readonly code: readonly string[];
  /** Arguments of each `npm run ops --`, as a shell splits them. */
  readonly opsCommands: readonly (readonly string[])[];
}

const folder = 'docs/runbooks';

export function readRunbooks(): readonly Runbook[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      const code = codeOf(text);
      return { name: file.slice(0, -'.md'.length), text, code, opsCommands: code.flatMap(opsCommandsIn) };
    });
}

function codeOf(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^ *```\w*\n([\s\S]*?)^ *```$/gm)];
  const prose = markdown.replaceAll(/^ *```\w*\n[\s\S]*?^ *```$/gm, '');
  const spans = [...prose.matchAll(/`([^`\n]+)`/g)];
  return [...blocks, ...spans].map(([, code = '']) => code);
}

function opsCommandsIn(code: string): string[][] {
  return [...code.matchAll(/npm run ops -- (.+)$/gm)].map(([, line = '']) => shellWords(line));
}

/** The words of a command line without variables and escapes, quotes removed. */
export function shellWords(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? '',
  );
}
