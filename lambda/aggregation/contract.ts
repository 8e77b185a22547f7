/** The contract between the aggregation Lambda and the templates. Imports nothing. */

/** The file beside the bundle that holds the compiled compositions. */
export const compositionsFileName = 'compositions.json';

/** Name of the function's own environment variable; the limit store's are those of the authorizer. */
export const env = {
  /** `http://host`: the address of every service that is not external. */
  loadBalancerUrl: 'LOAD_BALANCER_URL',
} as const;

/** Everything that the function answers for. */
export interface Compositions {
  /** By route key of the HTTP API; the target of a variant by `variantKey`. */
  readonly routes: Readonly<Record<string, RouteComposition>>;
  /** Base URL of each external service. */
  readonly externals: Readonly<Record<string, string>>;
}

/** The key of a route's target when the decision names another than the route's own. */
export function variantKey(routeKey: string, service: string): string {
  return `${routeKey} ${service}`;
}

interface Common {
  /** The target that the decision must name: an external service, or the composition. */
  readonly service: string;
  /** The share of the route's time for the services; the rest is for the answer. */
  readonly timeoutSeconds: number;
  /** Longest body of the call. @default `defaultBodyKiB` */
  readonly maxBodyKiB?: number;
}

/** Forwards the call to an external service and returns its answer, both unchanged. */
export interface ExternalComposition extends Common {
  readonly kind: 'external';
  /** Base URL; the path and query of the call are appended. */
  readonly url: string;
}

export interface PartsComposition extends Common {
  /**
   * `merge`: one object of all parts, with `meta`. `plain`: the one part's mapped answer, its status kept.
   */
  readonly kind: 'merge' | 'plain';
  /** By expression, such as `path.id`. */
  readonly inputs: Readonly<Record<string, Input>>;
  /** In the order of the answer. */
  readonly parts: readonly Part[];
  /** The first is the default one; empty when the composition has no variants. */
  readonly variants: Readonly<Record<string, Variant>>;
}

/** Up to `atMost` reads in one call, each with its own status. */
export interface BatchComposition extends Common {
  readonly kind: 'batch';
  readonly reads: readonly BatchRead[];
  readonly atMost: number;
  /** Of each read. */
  readonly readTimeoutSeconds: number;
  readonly maxBytes: number;
}

export interface BatchRead {
  /** Path of the route, such as `/api/products/{id}`. */
  readonly path: string;
  readonly service: string;
}

export type RouteComposition = ExternalComposition | PartsComposition | BatchComposition;

/** A text parameter of the caller. */
export interface Input {
  /** Regular expression of the whole text. */
  readonly pattern: string;
  /** Without a default the caller must set it. */
  readonly default?: string | undefined;
}

/** A projection of the composition for one kind of client. */
export interface Variant {
  /** Parts that it leaves out, unless `?include=` names them. */
  readonly without: readonly string[];
  /** The fields that it shows without `?fields=`; empty is everything. */
  readonly fields: readonly string[];
  /** Values of `{variant.NAME}`. */
  readonly parameters: Readonly<Record<string, string>>;
}

export interface Part {
  readonly name: string;
  readonly service: string;
  readonly isExternal: boolean;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query with expressions: `/api/products/{path.id}`. */
  readonly path: string;
  /** Parts that must have answered before. */
  readonly after: readonly string[];
  /** One request for each element of an array of another part. */
  readonly each?: FanOut | undefined;
  /** Without this part the call fails. */
  readonly required: boolean;
  /** Requested only when `?include=` names it. */
  readonly onDemand: boolean;
  readonly timeoutSeconds: number;
  /** Retries; of reads only. */
  readonly retries: number;
  readonly fallback: Fallback;
  readonly cache?: PartCaching | undefined;
  /** Steps that turn the call's JSON body into the request's; without them the request has no body. */
  readonly send?: readonly MappingStep[] | undefined;
  readonly mapping: readonly MappingStep[];
  /** Member of the answer; empty puts the part's own members at the top level. */
  readonly at: string;
  /** All shown fields of the mapped answer, against which `?fields=` is checked; empty shows it unchanged. */
  readonly fields: readonly string[];
  /** Longest answer of one request. */
  readonly maxBytes: number;
}

export interface FanOut {
  /** Expression of the array, such as `parts.list.items`. `{each.NAME}` is a member of one element. */
  readonly of: string;
  /** Further elements are left out. */
  readonly atMost: number;
  /** Member under which an element gets its answer. */
  readonly as: string;
}

export type Fallback =
  | { readonly kind: 'empty' }
  | { readonly kind: 'static'; readonly value: unknown }
  /** The last cached answer. */
  | { readonly kind: 'stale' };

export interface PartCaching {
  readonly seconds: number;
  /** How long after that it may still be used: while one caller refreshes it, and when the service fails. */
  readonly staleSeconds: number;
  /** `public` parts are requested without identity, so that all callers can share their answers. */
  readonly shared: 'public' | 'identity';
}

/** Paths are member names joined by dots; an array on the way stands for each of its elements. */
export type MappingStep =
  /** Keeps only existing members. */
  | { readonly target: string }
  | { readonly pick: readonly string[] }
  | { readonly remove: readonly string[] }
  /** New name, at the same place, by path. */
  | { readonly rename: Readonly<Record<string, string>> }
  /** Puts members under a new one; all of them when none is named. */
  | { readonly group: { readonly into: string; readonly members?: readonly string[] | undefined } }
  /** An object's members go to its parent; an array of arrays becomes one array. */
  | { readonly flatten: string };
