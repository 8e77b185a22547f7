import type { Fault } from './config-error.ts';
import type { Environment } from './schemas/environment.ts';

/** One region of an environment. */
export interface Region {
  /**
   * The environment as if this were its only region, with what the region says itself in place of the environment's own.
   * Of several, each has an API under a name of its own, `eu-west-1.` before the name of all, by which its health is asked.
   */
  readonly environment: Environment;
  /** Where clients, secrets and the edge's own settings are made; the others have replicas. */
  readonly isFirst: boolean;
}

/** The environment's regions, its first one first. */
export function regionsOf(environment: Environment): readonly [Region, ...Region[]] {
  const { regions, regionRouting, alarms } = environment;
  // Where the others only stand by, silence is no fault.
  const ofFurther = { ...alarms, expectsTraffic: alarms.expectsTraffic && regionRouting === 'latency' };
  const alone: Environment = { ...environment, regions: [] };
  if (regions.length === 0) return [{ environment: alone, isFirst: true }];
  return [
    { environment: withOwnName(alone), isFirst: true },
    ...regions.map(({ apiCertificateArn, ...own }) => ({
      environment: withOwnName({ ...alone, alarms: ofFurther, ...definedOnly(own) }, apiCertificateArn),
      isFirst: false,
    })),
  ];
}

function withOwnName(environment: Environment, certificateArn?: string): Environment {
  const { api, region } = environment;
  if (api.domain === undefined) return environment;
  const own = {
    name: `${region}.${api.domain.name}`,
    ...(certificateArn === undefined ? {} : { certificateArn }),
  };
  return { ...environment, api: { ...api, domain: { ...api.domain, ...own } } };
}

/** What does not go with several regions, or goes wrong between them. */
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
      'is not given, or without its hosted zone, and the edge finds the regions by it.',
      'Give a name with the zone in which its records are to be made, and certificates for it and for all names below it.',
    );
  }
  if (api.domain?.trustStore !== undefined) {
    refuse(
      'api.domain.trustStore',
      'asks for a certificate, which the health checks between regions cannot show.',
      'Take it out; the origin secret proves the edge.',
    );
  }
  if (identity.kind === 'cognito') {
    refuse(
      'identity',
      'is a user pool, which lives in one region and is lost with it.',
      'Name an issuer that outlives a region, of kind "oidc".',
    );
  }
  if (regionRouting === 'failover' && regions.length > 1) {
    refuse(
      'regions',
      `are ${regions.length} besides the first; failover knows one first and one second.`,
      'Leave one, or set regionRouting to "latency".',
    );
  }
  const all = [environment, ...regions];
  all.forEach((one, index) => {
    const entry = index === 0 ? '' : `regions[${index - 1}].`;
    const before = all.slice(0, index);
    if (before.some(({ region }) => region === one.region)) {
      refuse(`${entry}region`, `is "${one.region}" twice.`, 'Name each region once.');
    }
    if (before.some(({ network }) => overlap(network.cidr, one.network.cidr))) {
      refuse(
        `${entry}network.cidr`,
        'overlaps with the range of a region before it, so that the two could never be connected.',
        'Give each region a range of its own.',
      );
    }
    if (one.availabilityZones.some((zone) => !zone.startsWith(one.region))) {
      refuse(`${entry}availabilityZones`, `names a zone that is not in ${one.region}.`, 'Name its own.');
    }
    const { kind } = one.database ?? environment.database;
    if (kind === 'aurora' && regionRouting === 'latency') {
      refuse(
        `${entry}database`,
        'would have its one writer in one region, and with regionRouting "latency" every region takes orders.',
        'Set regionRouting to "failover", or name a database that all regions write to, of kind "existing".',
      );
    }
    if (kind !== environment.database.kind) {
      refuse(
        `${entry}database`,
        `is of kind "${kind}" and the first region's of kind "${environment.database.kind}", and orders belong to both.`,
        'Give both the same kind.',
      );
    }
  });
  return faults;
}

/** Whether two IPv4 ranges have an address in common. */
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

function definedOnly<T extends object>(entries: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
