/** How much JSON may be in a text. */
export interface JsonBounds {
  /** Levels of objects and arrays. */
  readonly depth: number;
  /** Members and elements altogether. @default - any number */
  readonly values?: number;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const opening: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const closing: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/**
 * Which bound a text breaks if it is JSON; undefined for one within them. In one pass over the characters, before a parser
 * nests with the text; whether it is JSON is for the parser to say.
 */
export function exceededBound(
  text: string,
  { depth: maxDepth, values: maxValues = Number.POSITIVE_INFINITY }: JsonBounds,
): keyof JsonBounds | undefined {
  let depth = 0;
  let values = 1;
  let isInText = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) isInText = !isInText;
    else if (isInText) at += code === backslash ? 1 : 0;
    else if (opening.has(code)) {
      depth += 1;
      values += 1;
    } else if (closing.has(code)) depth -= 1;
    else if (code === comma) values += 1;
    if (depth > maxDepth) return 'depth';
    if (values > maxValues) return 'values';
  }
  return undefined;
}
