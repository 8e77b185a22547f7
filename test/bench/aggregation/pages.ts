import type { Compositions, Part } from '../../../lambda/aggregation/contract.ts';

/** What is measured: pages of so many independent parts, over services that answer after some milliseconds or at once. */
export interface Page {
  readonly parts: number;
  readonly afterMilliseconds: number;
}

export const pagePath = ({ parts, afterMilliseconds }: Page) => `/page/${parts}/${afterMilliseconds}`;

const partNames = ({ parts }: Page) => Array.from({ length: parts }, (_, index) => `part${index}`);
const partPath = (name: string, page: Page) => `/${name}?after=${page.afterMilliseconds}`;

/** The pages as Gatehouse takes them: what the catalogue compiles to. */
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

/** The same pages as KrakenD takes them. */
export function krakendConfiguration(pages: readonly Page[], servicesUrl: string, port: number): unknown {
  return {
    version: 3,
    port,
    host: [servicesUrl],
    timeout: '8500ms',
    // What KrakenD's own edition sets by default; the library's is Go's two, and would open connections all the time.
    max_idle_connections_per_host: 250,
    endpoints: pages.map((page) => ({
      endpoint: pagePath(page),
      backend: partNames(page).map((name) => ({ url_pattern: partPath(name, page), group: name })),
    })),
  };
}

/** Longest that a part took, in microseconds, by the answer. */
export function slowestPart(answer: string, parts: number): number {
  const page = JSON.parse(answer) as Record<string, { readonly tookMicroseconds?: number } | undefined>;
  const took = Object.values(page).flatMap((part) => part?.tookMicroseconds ?? []);
  if (took.length !== parts)
    throw new Error(`An answer of ${took.length} parts in place of ${parts}: ${answer}`);
  return Math.max(...took);
}
