import type { Compositions, Part } from '../../../lambda/aggregation/contract.ts';

/** A measured page: its number of independent parts, and the delay of the services. */
export interface Page {
  readonly parts: number;
  readonly afterMilliseconds: number;
}

export const pagePath = ({ parts, afterMilliseconds }: Page) => `/page/${parts}/${afterMilliseconds}`;

const partNames = ({ parts }: Page) => Array.from({ length: parts }, (_, index) => `part${index}`);
const partPath = (name: string, page: Page) => `/${name}?after=${page.afterMilliseconds}`;

/** The pages as compiled compositions of Gatehouse. */
export function compositionsOf(pages: readonly Page[]): Compositions {
  const routes = pages.map((page) => [
    `GET ${pagePath(page)}`,
    {
      kind: 'merge' as const,
      service: 'page',
      timeoutSeconds: 10,
      inputs: {},
      variants: {},
      parts: partNames(page).map(
        (name): Part => ({
          name,
          service: name,
          isExternal: false,
          method: 'GET',
          path: partPath(name, page),
          after: [],
          required: false,
          onDemand: false,
          timeoutSeconds: 5,
          retries: 1,
          fallback: { kind: 'empty' },
          mapping: [],
          at: name,
          fields: [],
          maxBytes: 1_000_000,
        }),
      ),
    },
  ]);
  return { routes: Object.fromEntries(routes) as Compositions['routes'], externals: {} };
}

/** The same pages as KrakenD configuration. */
export function krakendConfiguration(pages: readonly Page[], servicesUrl: string, port: number): unknown {
  return {
    version: 3,
    port,
    host: [servicesUrl],
    timeout: '8500ms',
    // The default of the KrakenD product. The library uses Go's default of two, which opens new connections all the time.
    max_idle_connections_per_host: 250,
    endpoints: pages.map((page) => ({
      endpoint: pagePath(page),
      backend: partNames(page).map((name) => ({ url_pattern: partPath(name, page), group: name })),
    })),
  };
}

/** Duration of the slowest part in microseconds, as stated in the answer. */
export function slowestPart(answer: string, parts: number): number {
  const page = JSON.parse(answer) as Record<string, { readonly tookMicroseconds?: number } | undefined>;
  const took = Object.values(page).flatMap((part) => part?.tookMicroseconds ?? []);
  if (took.length !== parts)
    throw new Error(`The answer has ${took.length} parts instead of ${parts}: ${answer}`);
  return Math.max(...took);
}
