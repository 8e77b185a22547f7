/**
 * The only writer of paths: code that puts a value into a path (rewrites, compositions, external services,
 * calls between services) uses it, so that each value is encoded once and completely.
 */

const halfPair = /\p{Surrogate}/u;

/**
 * Encodes a value as one segment of a path, or as one value of a query.
 *
 * @returns undefined for what no segment can carry: an empty value, a dot segment, which URL parsers resolve
 * even when
 * it is escaped (WHATWG URL), and half a surrogate pair, which has no UTF-8.
 */
export function encodePathSegment(value: string): string | undefined {
  if (value === '' || value === '.' || value === '..' || halfPair.test(value)) return undefined;
  return encodeURIComponent(value);
}

/**
 * Segments joined by slashes, each encoded.
 *
 * @param path decoded, such as `/files/a b`; a slash in it separates.
 * @returns undefined when a segment cannot be encoded.
 */
export function encodePath(path: string): string | undefined {
  const segments = path.split('/').map((segment) => (segment === '' ? '' : encodePathSegment(segment)));
  return segments.includes(undefined) ? undefined : segments.join('/');
}

/**
 * Fills the parameters into a template: `{id}` is one segment, `{rest+}` several.
 *
 * @param parameters decoded once, as API Gateway gives them.
 * @returns undefined when a parameter is missing or cannot be encoded.
 */
export function fillPathTemplate(
  template: string,
  parameters: Readonly<Record<string, string>>,
): string | undefined {
  let isWhole = true;
  const path = template.replaceAll(/\{([A-Za-z0-9]+)(\+?)\}/g, (_, name: string, greedy: string) => {
    const value = parameters[name] ?? '';
    const written = value === '' ? undefined : greedy === '' ? encodePathSegment(value) : encodePath(value);
    isWhole &&= written !== undefined;
    return written ?? '';
  });
  return isWhole ? path : undefined;
}
