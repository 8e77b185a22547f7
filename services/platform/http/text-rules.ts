import * as z from 'zod';

/**
 * What no text from a caller may hold: control characters (C0 and DEL), which PostgreSQL, logs or headers cannot carry
 * or would misread, and surrogates without their other half, which UTF-8 cannot write. `prose` may have tabs and line
 * breaks; a `line` may not.
 */
export type TextKind = 'line' | 'prose';

/** Why a text is refused, as the end of a sentence; null where it is not. */
export function textFault(text: string, kind: TextKind): string | null {
  if (/\p{Surrogate}/u.test(text)) return 'holds half of a surrogate pair, which is no character.';
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isControl(code) && !(kind === 'prose' && isSpacing(code))) {
      return `holds the control character U+${code.toString(16).toUpperCase().padStart(4, '0')}.`;
    }
  }
  return null;
}

const isControl = (code: number) => code < 0x20 || code === 0x7f;
/** Tab, line feed and carriage return. */
const isSpacing = (code: number) => code === 0x09 || code === 0x0a || code === 0x0d;

/**
 * Percent-decodes a part of a request's target.
 *
 * @returns null for an escape that is none (`%zz`), for escapes that are not UTF-8 (`%ff`), and for control characters.
 */
export function decodeTarget(encoded: string): string | null {
  try {
    const text = decodeURIComponent(encoded);
    return textFault(text, 'line') === null ? text : null;
  } catch {
    return null;
  }
}

/** Writes any text as one segment of a path or one value of a query; half of a surrogate pair becomes U+FFFD. */
export function encodeSegment(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '\uFFFD'));
}

interface TextRule {
  /** What to do about a text that is missing or empty. */
  readonly error: string;
  readonly max: number;
}

/** A text of one line, from 1 to `max` characters, without white space around it. */
export const line = ({ error, max }: TextRule) =>
  bounded(z.string({ error }).trim(), { error, max }).refine(
    (text) => textFault(text, 'line') === null,
    'Give one line without control characters.',
  );

/** A text of one or more lines, from 1 to `max` characters. */
export const prose = ({ error, max }: TextRule) => bounded(z.string({ error }), { error, max });

const bounded = (text: z.ZodString, { error, max }: TextRule) =>
  text.min(1, error).max(max, `Give at most ${max} characters.`);
