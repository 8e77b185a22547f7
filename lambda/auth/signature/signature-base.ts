/** A request as its signer saw it: everything that a signature of RFC 9421 can cover. */
export interface SignedMessage {
  readonly method: string;
  readonly scheme: 'https' | 'http';
  /** Host of the target URI, with the port when it is not the scheme's own. */
  readonly authority: string;
  /** Path of the target URI as it was sent, percent-encoded. */
  readonly path: string;
  /** Query of the target URI as it was sent, without its question mark; undefined when there is none. */
  readonly query: string | undefined;
  /** By name in lower case. A field that came in several lines is a list, in their order. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/**
 * The value of a covered component in canonical form (RFC 9421 sections 2.1 and 2.2): a derived component, or
 * a field with its lines joined. Undefined for components that the message does not have, unknown ones, and
 * values that a signature base cannot carry (anything but printable ASCII and tabs).
 */
export function componentValue(message: SignedMessage, name: string): string | undefined {
  const value = name.startsWith('@') ? derivedComponents.get(name)?.(message) : fieldValue(message, name);
  return value !== undefined && /^[\t\x20-\x7e]*$/.test(value) ? value : undefined;
}

/**
 * The text that is signed (RFC 9421 section 2.5).
 *
 * @param components Names with their canonical values, in the order of the signature's parameters.
 * @param parameters The signature's parameters as a serialised inner list.
 */
export function signatureBase(
  components: readonly (readonly [name: string, value: string])[],
  parameters: string,
): string {
  const lines = components.map(([name, value]) => `"${name}": ${value}\n`);
  return `${lines.join('')}"@signature-params": ${parameters}`;
}

const derivedComponents: ReadonlyMap<string, (message: SignedMessage) => string> = new Map([
  ['@method', ({ method }) => method],
  ['@scheme', ({ scheme }) => scheme],
  ['@authority', canonicalAuthority],
  ['@path', canonicalPath],
  ['@query', ({ query }) => `?${query ?? ''}`],
  [
    '@target-uri',
    (message) => {
      const query = message.query === undefined ? '' : `?${message.query}`;
      return `${message.scheme}://${canonicalAuthority(message)}${canonicalPath(message)}${query}`;
    },
  ],
]);

/** RFC 9110 section 4.2.3: the host in lower case, without the scheme's own port. */
function canonicalAuthority({ scheme, authority }: SignedMessage): string {
  return authority.toLowerCase().replace(scheme === 'https' ? /:443$/ : /:80$/, '');
}

function canonicalPath({ path }: SignedMessage): string {
  return path === '' ? '/' : path;
}

function fieldValue({ headers }: SignedMessage, name: string): string | undefined {
  // A name that every object inherits is not a field.
  const lines = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (lines === undefined) return undefined;
  return [lines].flat().map(canonicalLine).join(', ');
}

/**
 * Trims white space. A folded line has no canonical form here: a server may refuse it (RFC 9112 section 5.2),
 * and the HTTP API delivers none. It loops over letters, because a pattern for the end would be tried from
 * every space in the line.
 */
function canonicalLine(line: string): string {
  let [start, end] = [0, line.length];
  while (start < end && isBlank(line.charCodeAt(start))) start += 1;
  while (end > start && isBlank(line.charCodeAt(end - 1))) end -= 1;
  return line.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
