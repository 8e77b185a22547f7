import { internalHeaderPrefixes } from '../../../runtime/contracts/gateway-contract.ts';

/** More levels of escapes than the gateway lets through. */
const maxDecodings = 8;

/**
 * Whether a path is below `/internal` for any reader: escaped (once or more), with doubled slashes, dot segments,
 * backslashes, path parameters, white space, or in upper case.
 */
export function isInternalPath(path: string): boolean {
  let text = path;
  for (let times = 0; times < maxDecodings && text.includes('%'); times += 1) text = decodeAscii(text);
  const segments: string[] = [];
  for (const word of text.toLowerCase().replaceAll('\\', '/').split('/')) {
    const segment = (word.split(';', 1)[0] ?? '').trim();
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return segments[0] === 'internal';
}

/** Whether a request came through a gateway API. Both APIs set headers with these prefixes; services never do. */
export function cameThroughGateway(headers: Headers): boolean {
  return [...headers.keys()].some((name) => internalHeaderPrefixes.some((prefix) => name.startsWith(prefix)));
}

function decodeAscii(text: string): string {
  return text.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
