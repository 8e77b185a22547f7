import { HeaderFields } from '../../http/header-fields.ts';
import type { Upstream } from '../../http/upstream.ts';
import type { Failover } from './behaviors.ts';
import type { DistributionConfig } from './cloudfront-resources.ts';
import type { Origin } from './origin.ts';

/** The origin of a behaviour, and the second origin of its group. */
export interface OriginTarget {
  /** Undefined when the origin is not emulated. */
  readonly origin: Origin | undefined;
  readonly failover: Failover | null;
}

/**
 * Reads origins and origin groups.
 *
 * @param upstreamOf connections to the server of a domain name; null when the deployment does not contain it.
 * @param report receives the property and the reason of each origin that is not emulated.
 * @returns finds an origin or an origin group by its id.
 */
export function compileOrigins(
  config: DistributionConfig,
  upstreamOf: (domainName: string) => (() => Upstream) | null,
  report: (property: string, reason: string) => void,
): (id: string) => OriginTarget {
  const origins = new Map<string, Origin>();
  for (const origin of config.Origins) {
    const upstream = upstreamOf(origin.DomainName);
    if (upstream === null) {
      report(
        `Origins.${origin.Id}.DomainName`,
        `${origin.DomainName} is not an API, load balancer or bucket of this deployment, and not a host name.`,
      );
      continue;
    }
    const customHeaders = new HeaderFields();
    for (const { HeaderName, HeaderValue } of origin.OriginCustomHeaders ?? []) {
      customHeaders.set(HeaderName, HeaderValue);
    }
    origins.set(origin.Id, {
      upstream,
      domainName: origin.DomainName,
      path: origin.OriginPath ?? '',
      customHeaders,
      readTimeoutSeconds: origin.CustomOriginConfig?.OriginReadTimeout ?? 30,
    });
  }
  const groups = new Map(
    (config.OriginGroups?.Items ?? []).map((group): [string, OriginTarget] => {
      const [first, second] = group.Members.Items.map(({ OriginId }) => origins.get(OriginId));
      const statusCodes = new Set(group.FailoverCriteria.StatusCodes.Items);
      return [
        group.Id,
        { origin: first, failover: second === undefined ? null : { origin: second, statusCodes } },
      ];
    }),
  );
  return (id) => groups.get(id) ?? { origin: origins.get(id), failover: null };
}
