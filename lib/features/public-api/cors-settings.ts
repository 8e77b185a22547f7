/** CORS settings (Fetch standard, "HTTP extensions"). Credentials are sent in headers, never in cookies. */
export interface CorsSettings {
  /** Allowed origins, such as `https://www.store.example`. */
  readonly origins: readonly string[];
  readonly methods: readonly ('DELETE' | 'GET' | 'HEAD' | 'PATCH' | 'POST' | 'PUT')[];
  /** Request headers that pages may send. */
  readonly requestHeaders: readonly string[];
  /** Response headers that pages may read, in addition to the CORS-safelisted ones. */
  readonly responseHeaders: readonly string[];
  /** How long a browser may cache the response to a preflight. */
  readonly maxAgeSeconds: number;
}
