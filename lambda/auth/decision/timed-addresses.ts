import { AddressList, type ClientAddress } from '../../../runtime/http/client-address.ts';
import type { AddressRange } from '../../../runtime/policy/runtime-policy.ts';

/** Ranges of addresses, some of which count until an instant only. */
export class TimedAddresses {
  readonly #permanent: AddressList;
  readonly #timed: readonly { readonly range: AddressList; readonly ends: number }[];

  constructor(ranges: readonly AddressRange[]) {
    this.#permanent = new AddressList(
      ranges.flatMap(({ range, until }) => (until === undefined ? [range] : [])),
    );
    this.#timed = ranges.flatMap(({ range, until }) =>
      until === undefined ? [] : [{ range: new AddressList([range]), ends: Date.parse(until) }],
    );
  }

  /** @param now Milliseconds since the epoch. A range ends at its instant, exclusive. */
  includes(address: ClientAddress, now: number): boolean {
    return (
      this.#permanent.includes(address) ||
      this.#timed.some(({ range, ends }) => now < ends && range.includes(address))
    );
  }
}
