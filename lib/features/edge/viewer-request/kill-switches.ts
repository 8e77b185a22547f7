/**
 * Kill switches and blocked addresses in the CloudFront key-value store. The viewer-request function and the operators'
 * commands share this file, so it uses only the language of CloudFront's JavaScript runtime 2.0.
 */

/** Key of the kill switches: a JSON list of paths. */
export const killKey = 'kill';

/** Prefix of the keys of blocked addresses. */
export const blockPrefix = 'block/';

/** Maximum length of a value in characters (CloudFront quota). */
export const maxValueLength = 1_024;

/** A path that is switched off. */
export interface KilledPath {
  /** The path and all paths below it; `/` is the whole gateway. */
  readonly path: string;
  readonly retryAfterSeconds: number;
  /** End, in seconds since 1970; 0 is without end. */
  readonly until: number;
  /** Whether it is switched off for maintenance of the whole shop, which the answer says. */
  readonly maintenance?: boolean;
}

/** Value of a blocked address. */
export interface BlockedAddress {
  /** End, in seconds since 1970; 0 is without end. */
  readonly until: number;
  readonly reason: string;
}

/**
 * Keys under which an address may be blocked: the address itself, and its network: the /24 that IPv4 providers assign, the /64
 * of an IPv6 subscriber.
 */
export function blockKeys(given: string): string[] {
  // An IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2) is treated as the IPv4 address.
  const address = given.replace(/^::ffff:(?=\d+\.)/i, '');
  if (address.indexOf(':') < 0) {
    return [blockPrefix + address, `${blockPrefix + address.split('.').slice(0, 3).join('.')}.0/24`];
  }
  const groups = ipv6Groups(address);
  return [blockPrefix + groups.join(':'), `${blockPrefix + groups.slice(0, 4).join(':')}::/64`];
}

/** The eight groups of an IPv6 address, without leading zeros and in lower case. */
function ipv6Groups(address: string): string[] {
  const halves = address.toLowerCase().split('::');
  const groups = (half: string | undefined) => (half ? half.split(':') : []);
  const head = groups(halves[0]);
  const tail = groups(halves[1]);
  const zeros: string[] = [];
  while (halves.length > 1 && head.length + zeros.length + tail.length < 8) zeros.push('0');
  return head.concat(zeros, tail).map((group) => group.replace(/^0+(?=.)/, ''));
}

/**
 * Whether a path is the given path or below it: as a route matches it (decoded escape by escape, so that an invalid escape does
 * not exempt the rest), or as a server that merges slashes and resolves dot segments reads it.
 */
export function isKilled(path: string, named: string): boolean {
  const decoded = decodeEscapes(path);
  const base = decodeEscapes(named).replace(/\/$/, '');
  return isBelow(decoded, base) || isBelow(resolved(decoded), base);
}

function isBelow(path: string, base: string): boolean {
  return path === base || path.indexOf(`${base}/`) === 0;
}

/** Decodes ASCII characters; bytes that are invalid UTF-8 stay escaped. */
function decodeEscapes(path: string): string {
  return path.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run.replace(/%[0-7][0-9a-f]/gi, decodeURIComponent);
    }
  });
}

function resolved(path: string): string {
  const segments: string[] = [];
  path.split('/').forEach((segment) => {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  });
  return `/${segments.join('/')}`;
}
