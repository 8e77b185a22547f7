import type { Catalogue, FargateService, IpService } from '../config/index.ts';

/** The services that are targets of the load balancer, in the order of the catalogue. */
export function loadBalancedServices(
  catalogue: Catalogue,
): [name: string, service: FargateService | IpService][] {
  return Object.entries(catalogue.services).flatMap(([name, service]) =>
    service.kind === 'fargate' || service.kind === 'ip' ? [[name, service]] : [],
  );
}
