import { catalogue } from '../catalogue/catalogue.ts';
import { compositions } from '../catalogue/compositions.ts';
import { dev } from '../environments/dev.ts';
import { ConfigError, checkConfiguration, loadCatalogue } from '../index.ts';
import type { CatalogueInput } from '../schemas/catalogue.ts';

export type Compositions = NonNullable<CatalogueInput['compositions']>;
type Merge = Extract<Compositions[string], { kind: 'merge' }>;
type Part = Merge['parts'][string];
export type Route = CatalogueInput['routes'][string];

/** A valid part with the given changes. */
export const part = (more: Partial<Part> = {}): Part => ({
  service: 'product',
  path: '/api/products/{path.id}',
  fields: ['id'],
  ...more,
});

/** The catalogue with one additional composition and a route to it. */
export function withComposition(
  composition: object,
  route: Partial<Route> = {},
  key = 'GET /api/page/{id}',
): CatalogueInput {
  const page = { kind: 'merge', description: 'A page.', parts: { product: part() }, ...composition };
  return {
    ...catalogue,
    compositions: { ...compositions, page } as Compositions,
    routes: {
      ...catalogue.routes,
      [key]: { composition: 'page', access: 'authenticated', limit: 'user', ...route },
    },
  };
}

/** The faults of a catalogue as text; empty for a valid one. */
export function faultsOf(input: CatalogueInput): string {
  return faultsWhile(() => loadCatalogue(input));
}

/** The faults of the environment dev with other entries, and of a catalogue, as text; empty for valid ones. */
export function environmentFaultsOf(entries: object, input: CatalogueInput = catalogue): string {
  return faultsWhile(() => checkConfiguration(loadCatalogue(input), { ...dev, ...entries }));
}

function faultsWhile(load: () => unknown): string {
  try {
    load();
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

/** Entry that faults name for `withComposition`. */
export const page = 'catalogue.compositions.page';
