import { BlockList, isIP } from 'node:net';
import type { Catalogue } from './schemas/catalogue.ts';
import type { Environment } from './schemas/environment.ts';

/** Addresses reserved for documentation (RFC 5737, RFC 3849, RFC 9637). */
const documentation = new BlockList();
documentation.addSubnet('192.0.2.0', 24, 'ipv4');
documentation.addSubnet('198.51.100.0', 24, 'ipv4');
documentation.addSubnet('203.0.113.0', 24, 'ipv4');
documentation.addSubnet('2001:db8::', 32, 'ipv6');
documentation.addSubnet('3fff::', 20, 'ipv6');

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Host names reserved by RFC 2606 and RFC 6761. `localhost` is handled as a loopback address. */
const reservedHost = /(^|\.)(test|example|invalid|example\.(com|net|org))$/;
const localHost = /(^|\.)localhost$/;

/** Entries in which a loopback address is valid, because a browser on a developer's machine uses it. */
const browserEntries = ['corsOrigins', 'callbackUrls', 'logoutUrls'];

/**
 * Placeholder hosts and addresses, with which the project is delivered: they lead nowhere from AWS. Texts that occur
 * several times are named once.
 */
export function reservedNames({ catalogue, environment }: Sources): readonly ReservedName[] {
  const found = [
    ...faultsIn(environment, [], `lib/config/environments/${environment.name}.ts`),
    ...faultsIn(catalogue, [], 'lib/config/catalogue/catalogue.ts'),
  ];
  const isSame = (one: Found) => (other: Found) => other.where === one.where && other.text === one.text;
  return found
    .filter((one, index) => found.findIndex(isSame(one)) === index)
    .map((one) => ({ ...one, more: found.filter(isSame(one)).length - 1 }));
}

interface Sources {
  readonly catalogue: Catalogue;
  readonly environment: Environment;
}

interface Found {
  readonly entry: string;
  readonly text: string;
  /** Why it cannot be deployed. */
  readonly why: string;
  /** The file to change. */
  readonly where: string;
}

/** A placeholder, and in how many more entries of the file it is. */
export interface ReservedName extends Found {
  readonly more: number;
}

function faultsIn(value: unknown, path: readonly string[], where: string): Found[] {
  const textFault = (text: string, entry: readonly string[]): Found[] => {
    const why = reasonOf(text, path);
    return why === undefined ? [] : [{ entry: entry.join('.'), text, why, where }];
  };
  if (typeof value === 'string') return textFault(value, path);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    ...textFault(key, path),
    ...faultsIn(inner, [...path, key], where),
  ]);
}

/**
 * Why a text cannot be deployed. Every host or address in it counts, as in a list of brokers or a security policy.
 */
function reasonOf(text: string, path: readonly string[]): string | undefined {
  for (const host of text.split(/[\s,;'"()<>]+/).map(hostOf)) {
    const family = isIP(host) === 6 ? 'ipv6' : 'ipv4';
    const isAddress = isIP(host) !== 0;
    if (reservedHost.test(host)) return 'a name that is reserved for examples (RFC 2606)';
    if (isAddress && documentation.check(host, family)) {
      return 'an address that is reserved for documentation (RFC 5737, RFC 3849)';
    }
    const isLocal = localHost.test(host) || (isAddress && loopback.check(host, family));
    if (isLocal && !browserEntries.some((entry) => path.includes(entry))) {
      return 'a loopback address, which leads nowhere from AWS';
    }
  }
  return undefined;
}

/** The host of a URL, an e-mail address, `host:port`, or an address range, in lower case. */
function hostOf(text: string): string {
  const authority = text
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/[/?#].*$/s, '')
    .replace(/^.*@/s, '');
  const bracketed = /^\[([^\]]+)\]/.exec(authority)?.[1];
  const host = bracketed ?? (isIP(authority) === 6 ? authority : authority.replace(/:\d*$/, ''));
  return host.toLowerCase().replace(/\.$/, '');
}
