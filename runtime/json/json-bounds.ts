/** Bounds on a JSON text. */
export interface JsonBounds {
  /** Levels of objects and arrays. */
  readonly depth: number;
  /** Members and elements in total. @default - any number */
  readonly values?: number;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const opening: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const closing: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/**
 * The bound that a text exceeds if it is JSON; undefined when it exceeds none. Scans the characters once,
 * before a parser recurses into the text; it does not validate the JSON.
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
