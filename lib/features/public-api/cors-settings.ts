/** What pages of other origins may do (Fetch standard, "HTTP extensions"). Credentials are headers, never cookies. */
export interface CorsSettings {
  /** `https://www.store.example`. */
  readonly origins: readonly string[];
  readonly methods: readonly ('DELETE' | 'GET' | 'HEAD' | 'PATCH' | 'POST' | 'PUT')[];
  /** That pages may send. */
  readonly requestHeaders: readonly string[];
  /** That pages may read besides those that every page may. */
  readonly responseHeaders: readonly string[];
  /** How long a browser may go by the answer to a preflight. */
  readonly maxAgeSeconds: number;
}
