/**
 * The one reading of paths and queries. A target that two layers could read in two ways is malformed: whoever
 * decodes once, twice, by WHATWG URL (which takes `%2e%2e` for a way up and `\` for `/`) or not at all must come to the same
 * resource. Every function here is linear in the length of its input.
 */

/** Segments that every reader takes alike: unreserved characters (RFC 3986 section 2.3), no dot at the beginning. */
const plainPath = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*\/?$/;
/** What may stand unescaped: printable ASCII. A byte beyond has as many readings as there are character sets. */
const printable = /^[\x21-\x7e]*$/;
const anEscape = /%[0-9A-Fa-f]{2}/;
const escapeRuns = /(?:%[0-9A-Fa-f]{2})+/g;
/** C0, DEL, C1, and halves of surrogate pairs, which have no UTF-8. */
const control = /[\p{Cc}\p{Surrogate}]/u;
/** What ends a segment or a path for some reader. */
const separator = /[/\\?#]/;
/** `.` and `..`, also with parameters behind a semicolon, which Java servers cut off, or with white space. */
const dotSegment = /^\s*\.{1,2}\s*(?:;|$)/;
/** Nobody escapes an escape so often; without a bound each level would cost one more pass. */
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

/** Whether a path that has been decoded once is what a well-formed one comes to. */
export function isWellFormedDecodedPath(path: string): boolean {
  if (plainPath.test(path)) return path.startsWith('/');
  return path.startsWith('/') && areSegments(path.slice(1), (segment) => segment);
}

/** Whether a parameter of a route, decoded once, is one segment, or with `greedy` some of them. */
export function isWellFormedParameter(value: string, greedy: boolean): boolean {
  return greedy ? areSegments(value, (segment) => segment) : value !== '' && isSegment(value);
}

/**
 * Whether a query holds nothing but printable ASCII, escapes of UTF-8 and no control character, escaped or not. A second
 * question mark at its beginning is part of a name to some readers, and dropped by others (`URLSearchParams`).
 */
export function isWellFormedQuery(query: string): boolean {
  if (!printable.test(query) || query.startsWith('?') || query.includes('#')) return false;
  const decoded = decodeOnce(query);
  return decoded !== undefined && !control.test(decoded);
}

/** An empty segment may be the last: some servers make one slash of two. */
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

/** Decodes what a lenient reader would: escapes, and a `%` that begins none stays. Undefined for bytes that are not UTF-8. */
function decodeRuns(text: string): string | undefined {
  try {
    return text.replace(escapeRuns, (run) => decodeURIComponent(run));
  } catch {
    return undefined;
  }
}
