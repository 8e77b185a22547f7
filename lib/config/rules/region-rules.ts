import type { Fault } from '../config-error.ts';
import type { Environment } from '../schemas/environment.ts';

/**
 * Faults of a multi-region environment: settings that several regions do not support, or that conflict between regions.
 */
export function regionFaults(environment: Environment): Fault[] {
  const { regions, regionRouting, api, identity } = environment;
  if (regions.length === 0) return [];
  const root = `environments/${environment.name}`;
  const faults: Fault[] = [];
  const refuse = (entry: string, fault: string, remedy: string) =>
    faults.push({ entry: `${root}.${entry}`, fault, remedy });

  if (api.domain?.hostedZone === undefined) {
    refuse(
      'api.domain',
      'is missing or has no hosted zone; the edge finds the regions through this domain.',
      'Give a domain with the hosted zone of its records, and certificates for the domain and its subdomains.',
    );
  }
  if (api.domain?.trustStore !== undefined) {
    refuse(
      'api.domain.trustStore',
      'requires a client certificate, which the health checks between regions cannot present.',
      'Remove it; the origin secret authenticates the edge.',
    );
  }
  if (identity.kind === 'cognito') {
    refuse(
      'identity',
      'is a Cognito user pool, which exists in one region and is lost with that region.',
      'Use an issuer that does not depend on one region, of kind "oidc".',
    );
  }
  if (regionRouting === 'failover' && regions.length > 1) {
    refuse(
      'regions',
      `has ${regions.length} regions besides the first; failover supports one primary and one secondary region.`,
      'Keep one region, or set regionRouting to "latency".',
    );
  }
  const all = [environment, ...regions];
  all.forEach((one, index) => {
    const entry = index === 0 ? '' : `regions[${index - 1}].`;
    const before = all.slice(0, index);
    if (before.some(({ region }) => region === one.region)) {
      refuse(`${entry}region`, `names "${one.region}" twice.`, 'Name each region once.');
    }
    if (before.some(({ network }) => overlap(network.cidr, one.network.cidr))) {
      refuse(
        `${entry}network.cidr`,
        'overlaps with the address range of an earlier region, so the two networks cannot be connected.',
        'Give each region a separate address range.',
      );
    }
    if (one.availabilityZones.some((zone) => !zone.startsWith(one.region))) {
      refuse(
        `${entry}availabilityZones`,
        `names a zone that is not in ${one.region}.`,
        'Name three zones of this region.',
      );
    }
    const { kind } = one.database ?? environment.database;
    if (kind === 'aurora' && regionRouting === 'latency') {
      refuse(
        `${entry}database`,
        'has one writer in one region, but with regionRouting "latency" every region writes orders.',
        'Set regionRouting to "failover", or use a database of kind "existing" that all regions can write to.',
      );
    }
    if (kind !== environment.database.kind) {
      refuse(
        `${entry}database`,
        `is of kind "${kind}", but the first region's is of kind "${environment.database.kind}", and both regions hold the same orders.`,
        'Use the same kind in both regions.',
      );
    }
  });
  return faults;
}

/** Whether two IPv4 ranges overlap. */
function overlap(one: string, other: string): boolean {
  const [a, b] = [parts(one), parts(other)];
  const size = 2 ** (32 - Math.min(a.prefix, b.prefix));
  return Math.floor(a.address / size) === Math.floor(b.address / size);
}

function parts(cidr: string): { readonly address: number; readonly prefix: number } {
  const [address = '', prefix] = cidr.split('/');
  return {
    address: address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0),
    prefix: Number(prefix),
  };
}
