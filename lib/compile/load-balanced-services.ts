import type { Catalogue, FargateService, IpService } from '../config/index.ts';

/** The services that the load balancer has targets for, in the catalogue's order. */
export function loadBalancedServices(
  catalogue: Catalogue,
): [name: string, service: FargateService | IpService][] {
  return Object.entries(catalogue.services).flatMap(([name, service]) =>
    service.kind === 'fargate' || service.kind === 'ip' ? [[name, service]] : [],
  );
}
