import type { z } from 'zod';
import type { Exchange, HttpResponse } from '../../http/exchange.ts';
import { HeaderFields } from '../../http/header-fields.ts';
import type { apiType } from './http-api-resources.ts';

type Configuration = NonNullable<z.output<typeof apiType.emulated.CorsConfiguration>>;

/** The CORS headers of the API ("Configuring CORS for an HTTP API", API Gateway guide). */
export interface Cors {
  /** The response to a preflight request; null for any other request. */
  readonly preflight: (exchange: Exchange) => HttpResponse | null;
  /** Replaces the CORS headers of the integration with the configured ones. */
  readonly addHeaders: (exchange: Exchange, headers: HeaderFields) => void;
}

/** An API without CORS configuration keeps the headers of the integration. */
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
      const { method, headers: requested } = exchange;
      if (method !== 'OPTIONS' || !requested.has('origin') || !requested.has('access-control-request-method'))
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
