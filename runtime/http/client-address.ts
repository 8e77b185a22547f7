import { BlockList, isIP } from 'node:net';

/** The client's address as the edge saw it. */
export interface ClientAddress {
  /** Normalised: an IPv4 address that is mapped into IPv6 (RFC 4291 section 2.5.5.2) becomes IPv4. */
  readonly text: string;
  readonly family: 'ipv4' | 'ipv6';
  /**
   * The unit that a limit by address counts: the IPv4 address, or the /56 of an IPv6 address, because one
   * subscriber is assigned a /56 (RFC 6177) and can use every address in it.
   */
  readonly subscriber: string;
}

/** Reads an address as CloudFront sends it; undefined when it is invalid. */
export function readAddress(text: string): ClientAddress | undefined {
  switch (isIP(text)) {
    case 4:
      return { text, family: 'ipv4', subscriber: text };
    case 6:
      return text.includes('%') ? undefined : readIpv6(text);
    default:
      return undefined;
  }
}

/** Ranges in CIDR notation, of both families. */
export class AddressList {
  readonly #ranges = new BlockList();
  readonly #isEmpty: boolean;

  /** @throws Error that names an invalid range. */
  constructor(ranges: readonly string[]) {
    this.#isEmpty = ranges.length === 0;
    for (const range of ranges) this.#add(range);
  }

  includes({ text, family }: ClientAddress): boolean {
    // The check parses the address again, which costs more than the rest of a decision on addresses.
    return !this.#isEmpty && this.#ranges.check(text, family);
  }

  #add(range: string): void {
    const [network = '', length = ''] = range.split('/');
    const address = readAddress(network);
    const longest = address?.family === 'ipv4' ? 32 : 128;
    if (address === undefined || !/^\d{1,3}$/.test(length) || Number(length) > longest) {
      throw new Error(`"${range}" is not a range of addresses. Write it in CIDR notation: 192.0.2.0/24.`);
    }
    this.#ranges.addSubnet(address.text, Number(length), address.family);
  }
}

function readIpv6(text: string): ClientAddress {
  const groups = groupsOf(text);
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) {
    const ipv4 = groups.slice(6).flatMap((group) => [group >> 8, group & 0xff]);
    return { text: ipv4.join('.'), family: 'ipv4', subscriber: ipv4.join('.') };
  }
  const subscriber = [...groups.slice(0, 3), (groups[3] ?? 0) & 0xff00];
  return {
    text: groups.map(hex).join(':'),
    family: 'ipv6',
    subscriber: `${subscriber.map(hex).join(':')}::/56`,
  };
}

/** The eight groups of an address that `isIP` has accepted. */
function groupsOf(text: string): number[] {
  const [head = '', tail] = text.split('::');
  const before = parts(head);
  if (tail === undefined) return before;
  const after = parts(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return [...before, ...zeros, ...after];
}

function parts(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return [Number.parseInt(part, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

function hex(group: number): string {
  return group.toString(16);
}
