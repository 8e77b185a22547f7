/**
 * Headers of one connection only (RFC 9110 section 7.6.1), or computed again when the answer is forwarded.
 */
const droppedHeaders: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
]);

/**
 * Reads a message's raw fields from Node, names and values in turn: without those of one connection, the
 * values of a repeated one joined by commas, and cookies separately, because several may not be joined (RFC
 * 6265 section 3).
 */
export function readHeaders(raw: readonly string[]): {
  readonly headers: Record<string, string>;
  readonly cookies: readonly string[];
} {
  const headers: Record<string, string> = {};
  const cookies: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] as string).toLowerCase();
    const value = raw[at + 1] as string;
    if (name === 'set-cookie') cookies.push(value);
    else headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  const named = (headers['connection'] ?? '').split(',').map((name) => name.trim().toLowerCase());
  for (const name of [...droppedHeaders, ...named]) delete headers[name];
  return { headers, cookies };
}
