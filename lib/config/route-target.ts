import type { Catalogue, Service } from './schemas/catalogue.ts';

/** Who answers a route or a variant of it: the name, and what kind of entry it is. */
export function routeTarget(
  catalogue: Pick<Catalogue, 'services'>,
  {
    service,
    composition,
  }: { readonly service?: string | undefined; readonly composition?: string | undefined },
): { readonly name: string; readonly kind: Service['kind'] | 'composition' } {
  if (composition !== undefined) return { name: composition, kind: 'composition' };
  const name = service ?? '';
  // A name that leads nowhere is refused by a rule of its own.
  return { name, kind: catalogue.services[name]?.kind ?? 'fargate' };
}
