import * as z from 'zod';

/**
 * The kinds of text from a caller. No text may contain control characters (C0 and DEL), which PostgreSQL, logs or headers
 * cannot store or would misread, or unpaired surrogates, which UTF-8 cannot encode. `prose` may contain tabs and line
 * breaks; a `line` may not.
 */
export type TextKind = 'line' | 'prose';

/** Why a text is refused, as the end of a sentence; null if it is accepted. */
export function textFault(text: string, kind: TextKind): string | null {
  if (/\p{Surrogate}/u.test(text)) return 'contains an unpaired surrogate.';
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isControl(code) && !(kind === 'prose' && isSpacing(code))) {
      return `contains the control character U+${code.toString(16).toUpperCase().padStart(4, '0')}.`;
    }
  }
  return null;
}

const isControl = (code: number) => code < 0x20 || code === 0x7f;
/** Tab, line feed and carriage return. */
const isSpacing = (code: number) => code === 0x09 || code === 0x0a || code === 0x0d;

/**
 * Percent-decodes a part of a request target.
 *
 * @returns null for an invalid escape (`%zz`), for escapes that are not UTF-8 (`%ff`), and for control characters.
 */
export function decodeTarget(encoded: string): string | null {
  try {
    const text = decodeURIComponent(encoded);
    return textFault(text, 'line') === null ? text : null;
  } catch {
    return null;
  }
}

/** Encodes a text as one path segment or one query value. An unpaired surrogate becomes U+FFFD. */
export function encodeSegment(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '\uFFFD'));
}

interface TextRule {
  /** The message for a missing or empty text. */
  readonly error: string;
  readonly max: number;
}

/** A text of one line, from 1 to `max` characters. White space around it is removed. */
export const line = ({ error, max }: TextRule) =>
  bounded(z.string({ error }).trim(), { error, max }).refine(
    (text) => textFault(text, 'line') === null,
    'Give one line without control characters.',
  );

/** A text of one or more lines, from 1 to `max` characters. */
export const prose = ({ error, max }: TextRule) => bounded(z.string({ error }), { error, max });

const bounded = (text: z.ZodString, { error, max }: TextRule) =>
  text.min(1, error).max(max, `Give at most ${max} characters.`);
