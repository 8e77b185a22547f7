/** AWS quotas that the catalogue must respect. The sources are in docs/architecture.md. */
export const quotas = {
  /** Routes per HTTP API (adjustable). */
  routesPerApi: 300,
  /** Rules per load balancer without the default (adjustable). */
  rulesPerLoadBalancer: 100,
  /** Target groups per load balancer (not adjustable). */
  targetGroupsPerLoadBalancer: 100,
  /** Cache behaviours per distribution, the default among them (adjustable). */
  cacheBehavioursPerDistribution: 75,
} as const;

/** Quotas that AWS has raised, by the names of `quotas`; omitted ones have their default. */
export type RaisedQuotas = {
  readonly [name in Exclude<keyof typeof quotas, 'targetGroupsPerLoadBalancer'>]?: number | undefined;
};
