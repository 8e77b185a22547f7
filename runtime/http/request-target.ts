/**
 * The only reader of paths and queries. A target that two layers could read differently is malformed: a layer
 * that decodes it once, twice, as a WHATWG URL (which resolves `%2e%2e` and reads `\` as `/`) or not at all
 * must reach the same resource. Every function here is linear in the length of its input.
 */

/** Segments that every parser reads alike: unreserved characters (RFC 3986 section 2.3), no leading dot. */
const plainPath = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*\/?$/;
/**
 * Characters that need no escape: printable ASCII. The meaning of other bytes depends on the character set.
 */
const printable = /^[\x21-\x7e]*$/;
const anEscape = /%[0-9A-Fa-f]{2}/;
const escapeRuns = /(?:%[0-9A-Fa-f]{2})+/g;
/** C0, DEL, C1, and halves of surrogate pairs, which have no UTF-8. */
const control = /[\p{Cc}\p{Surrogate}]/u;
/** Characters that end a segment or a path for some parsers. */
const separator = /[/\\?#]/;
/** `.` and `..`, also with parameters after a semicolon, which Java servers cut off, or with white space. */
const dotSegment = /^\s*\.{1,2}\s*(?:;|$)/;
/** Maximum levels of nested escapes; each level costs one more pass over the text. */
const maxDecodings = 4;

/** Decodes all escapes once. Undefined unless every `%` begins an escape and the bytes are UTF-8. */
export function decodeOnce(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/**
 * Whether a path is read alike by every layer.
 *
 * @param path as it was sent, percent-encoded, without the query.
 */
export function isWellFormedPath(path: string): boolean {
  if (plainPath.test(path)) return path.startsWith('/');
  return path.startsWith('/') && printable.test(path) && areSegments(path.slice(1), decodeOnce);
}

/** Whether a path that has been decoded once comes from a well-formed one. */
export function isWellFormedDecodedPath(path: string): boolean {
  if (plainPath.test(path)) return path.startsWith('/');
  return path.startsWith('/') && areSegments(path.slice(1), (segment) => segment);
}

/** Whether a parameter of a route, decoded once, is one segment, or with `greedy` one or more. */
export function isWellFormedParameter(value: string, greedy: boolean): boolean {
  return greedy ? areSegments(value, (segment) => segment) : value !== '' && isSegment(value);
}

/**
 * Whether a query holds only printable ASCII, escapes of UTF-8 and no control character, escaped or not. A
 * second question mark at its beginning is refused: some parsers read it as part of a name, others drop it
 * (`URLSearchParams`).
 */
export function isWellFormedQuery(query: string): boolean {
  if (!printable.test(query) || query.startsWith('?') || query.includes('#')) return false;
  const decoded = decodeOnce(query);
  return decoded !== undefined && !control.test(decoded);
}

/** Only the last segment may be empty: some servers collapse two slashes. */
function areSegments(path: string, decode: (segment: string) => string | undefined): boolean {
  const segments = path.split('/');
  return segments.every((segment, index) => {
    if (segment === '') return index === segments.length - 1;
    const decoded = decode(segment);
    return decoded !== undefined && isSegment(decoded);
  });
}

/** Whether a segment that is decoded once stays one segment however often it is decoded. */
function isSegment(decoded: string): boolean {
  let text: string | undefined = decoded;
  for (let times = 0; times < maxDecodings; times += 1) {
    if (control.test(text) || separator.test(text) || dotSegment.test(text)) return false;
    if (!anEscape.test(text)) return true;
    text = decodeRuns(text);
    if (text === undefined) return false;
  }
  return false;
}

/**
 * Decodes as a lenient parser does: escapes are decoded, and a `%` that begins none is kept. Undefined for
 * bytes that are not UTF-8.
 */
function decodeRuns(text: string): string | undefined {
  try {
    return text.replace(escapeRuns, (run) => decodeURIComponent(run));
  } catch {
    return undefined;
  }
}
