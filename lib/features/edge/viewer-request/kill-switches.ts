/**
 * What operators tell the viewer-request function while it runs, as it lies in the key-value store. The function and
 * the commands share this file, so it is written in the language of CloudFront's JavaScript runtime 2.0.
 */

/** Key of the paths that are switched off: a JSON list of them. */
export const killKey = 'kill';

/** Before the address in the key of one that is blocked. */
export const blockPrefix = 'block/';

/** A value of the store has at most so many characters (CloudFront quota). */
export const maxValueLength = 1_024;

/** A part of the gateway that is switched off. */
export interface KilledPath {
  /** This path and all below it; `/` is everything. */
  readonly path: string;
  readonly retryAfterSeconds: number;
  /** Seconds since 1970; 0 is until it is switched on again. */
  readonly until: number;
}

/** Value of an address that is blocked. */
export interface BlockedAddress {
  /** Seconds since 1970; 0 is until it is let in again. */
  readonly until: number;
  readonly reason: string;
}

/**
 * Keys under which an address may be blocked: its own, and that of its network: the 24 bits that an IPv4 provider hands
 * out, the 64 that an IPv6 subscriber has.
 */
export function blockKeys(given: string): string[] {
  // An IPv4 address in the clothes of IPv6 (RFC 4291 section 2.5.5.2) is that address.
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
 * Whether a path is the one that operators have named, or below it: as a route matches it (escape by escape, so that an
 * invalid one spares nothing else), or as a server reads it that makes one slash of two and follows dot segments.
 */
export function isKilled(path: string, named: string): boolean {
  const decoded = decodeEscapes(path);
  const base = decodeEscapes(named).replace(/\/$/, '');
  return isBelow(decoded, base) || isBelow(resolved(decoded), base);
}

function isBelow(path: string, base: string): boolean {
  return path === base || path.indexOf(`${base}/`) === 0;
}

/** Bytes that are not UTF-8 stay escaped; the ASCII characters among them do not. */
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
