import type { Environment } from './schemas/environment.ts';

/** One region of an environment. */
export interface Region {
  /**
   * The environment with the overrides of the region. With several regions, each region has an
   * API domain with the region before the shared name (`eu-west-1.`), which health checks use.
   */
  readonly environment: Environment;
  /**
   * True for the region that owns clients, secrets and the edge settings; the other regions have replicas.
   */
  readonly isFirst: boolean;
}

/** The regions of an environment, the first one first. */
export function regionsOf(environment: Environment): readonly [Region, ...Region[]] {
  const { regions, regionRouting, alarms } = environment;
  // A standby region receives no traffic, so missing data is not a fault there.
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

function definedOnly<T extends object>(entries: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
