import type { Catalogue, Service } from './schemas/catalogue.ts';

/** Name and kind of the target that answers a route or a variant. */
export function routeTarget(
  catalogue: Pick<Catalogue, 'services'>,
  {
    service,
    composition,
  }: { readonly service?: string | undefined; readonly composition?: string | undefined },
): { readonly name: string; readonly kind: Service['kind'] | 'composition' } {
  if (composition !== undefined) return { name: composition, kind: 'composition' };
  const name = service ?? '';
  // Another rule refuses a name that does not exist.
  return { name, kind: catalogue.services[name]?.kind ?? 'fargate' };
}
