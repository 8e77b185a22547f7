import type { z } from 'zod';
import type { Exchange, HttpResponse } from '../../http/exchange.ts';
import { HeaderFields } from '../../http/header-fields.ts';
import type { apiType } from './http-api-resources.ts';

type Configuration = NonNullable<z.output<typeof apiType.emulated.CorsConfiguration>>;

/** What the API says to browsers of other origins ("Configuring CORS for an HTTP API", API Gateway guide). */
export interface Cors {
  /** The API's own answer to a preflight request; null when the request is none. */
  readonly preflight: (exchange: Exchange) => HttpResponse | null;
  /** Puts the configured headers in place of the back end's. */
  readonly addHeaders: (exchange: Exchange, headers: HeaderFields) => void;
}

/** Without a configuration the back end speaks for itself. */
export const noCors: Cors = { preflight: () => null, addHeaders: () => undefined };

export function compileCors(configuration: Configuration): Cors {
  const { AllowOrigins = [], AllowMethods = [], AllowHeaders = [], ExposeHeaders = [] } = configuration;
  const allowedOrigin = (exchange: Exchange): string | null => {
    const origin = exchange.headers.get('origin');
    if (origin === undefined) return null;
    if (AllowOrigins.includes('*')) return '*';
    const scheme = `${origin.split('://')[0]}://*`;
    return AllowOrigins.includes(origin) || AllowOrigins.includes(scheme) ? origin : null;
  };
  const allow = (headers: HeaderFields, origin: string) => {
    headers.set('access-control-allow-origin', origin);
    if (configuration.AllowCredentials === true) headers.set('access-control-allow-credentials', 'true');
  };
  return {
    preflight: (exchange) => {
      const { method, headers: asked } = exchange;
      if (method !== 'OPTIONS' || !asked.has('origin') || !asked.has('access-control-request-method'))
        return null;
      const headers = new HeaderFields();
      const origin = allowedOrigin(exchange);
      if (origin !== null) {
        allow(headers, origin);
        if (AllowMethods.length > 0) headers.set('access-control-allow-methods', AllowMethods.join(','));
        if (AllowHeaders.length > 0) headers.set('access-control-allow-headers', AllowHeaders.join(','));
        if (configuration.MaxAge !== undefined)
          headers.set('access-control-max-age', String(configuration.MaxAge));
      }
      return { status: 204, headers, body: null };
    },
    addHeaders: (exchange, headers) => {
      headers.keep((name) => !name.startsWith('access-control-'));
      const origin = allowedOrigin(exchange);
      if (origin === null) return;
      allow(headers, origin);
      if (ExposeHeaders.length > 0) headers.set('access-control-expose-headers', ExposeHeaders.join(','));
    },
  };
}
