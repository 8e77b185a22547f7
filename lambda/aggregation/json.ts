/** Deeper than any answer of a service; what walks a value afterwards goes down by calling itself. */
const maxDepth = 100;

const quote = 0x22;
const backslash = 0x5c;
const opening: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const closing: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/**
 * Reads JSON that others have written. Undefined for what is none, and for what is nested over a hundred deep. An empty
 * body is null, as a 204 means it.
 */
export function parseJson(body: Buffer | string): unknown {
  if (body.length === 0) return null;
  const text = body.toString();
  if (isTooDeep(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isInText && code === backslash) at += 1;
    else if (code === quote) isInText = !isInText;
    else if (!isInText && closing.has(code)) depth -= 1;
    else if (!isInText && opening.has(code) && ++depth > maxDepth) return true;
  }
  return false;
}
