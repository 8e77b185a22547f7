import type { Catalogue } from '../../lib/config/index.ts';

/** The names of the services that use the shop's database. */
export function databaseServices({ services }: Catalogue): readonly string[] {
  return Object.entries(services).flatMap(([name, service]) =>
    service.kind === 'fargate' && service.database ? [name] : [],
  );
}
