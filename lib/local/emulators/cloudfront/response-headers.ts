import type { HeaderFields } from '../../http/header-fields.ts';
import type { ResponseHeadersPolicyConfig } from './cloudfront-resources.ts';
import type { EdgeRequest } from './edge-request.ts';

interface Line {
  readonly name: string;
  readonly value: string;
  /** Whether the header replaces one of the origin. */
  readonly override: boolean;
}

/** The parts of a request that a response headers policy reads. */
export type CorsRequest = Pick<EdgeRequest, 'method' | 'headers'>;

/** Changes the headers of a response. */
export type ResponseHeaders = (headers: HeaderFields, request: CorsRequest) => void;

/** Compiles a response headers policy: it first removes, then adds headers. */
export function compileResponseHeaders(config: ResponseHeadersPolicyConfig): ResponseHeaders {
  const removed = (config.RemoveHeadersConfig?.Items ?? []).map(({ Header }) => Header);
  const added = [
    ...securityLines(config.SecurityHeadersConfig ?? {}),
    ...(config.CustomHeadersConfig?.Items ?? []).map(
      ({ Header, Value, Override }): Line => ({ name: Header, value: Value, override: Override }),
    ),
  ];
  return (headers, request) => {
    for (const name of removed) headers.delete(name);
    for (const { name, value, override } of [...corsLines(config.CorsConfig, request), ...added]) {
      if (override || !headers.has(name)) headers.set(name, value);
    }
  };
}

/**
 * The CORS headers for a request from an allowed origin; a preflight response has more ("Understand response headers
 * policies", CloudFront guide). The guide does not say that CloudFront adds `Vary`.
 */
function corsLines(
  config: ResponseHeadersPolicyConfig['CorsConfig'],
  { method, headers }: CorsRequest,
): Line[] {
  const origin = headers.get('origin');
  if (config === undefined || origin === undefined) return [];
  const origins = config.AccessControlAllowOrigins.Items;
  if (!origins.includes('*') && !origins.includes(origin)) return [];
  const line = (name: string, value: string): Line[] =>
    value === '' ? [] : [{ name: `access-control-${name}`, value, override: config.OriginOverride }];
  const isPreflight = method === 'OPTIONS' && headers.has('access-control-request-method');
  return [
    ...line('allow-origin', origins.includes('*') ? '*' : origin),
    ...line('allow-credentials', config.AccessControlAllowCredentials ? 'true' : ''),
    ...line('expose-headers', (config.AccessControlExposeHeaders?.Items ?? []).join(',')),
    ...(isPreflight
      ? [
          ...line('allow-methods', config.AccessControlAllowMethods.Items.join(',')),
          ...line('allow-headers', config.AccessControlAllowHeaders.Items.join(',')),
          ...line('max-age', String(config.AccessControlMaxAgeSec ?? '')),
        ]
      : []),
  ];
}

function securityLines(config: NonNullable<ResponseHeadersPolicyConfig['SecurityHeadersConfig']>): Line[] {
  const { ContentSecurityPolicy: csp, ContentTypeOptions: type, FrameOptions: frame } = config;
  const { ReferrerPolicy: referrer, StrictTransportSecurity: hsts, XSSProtection: xss } = config;
  const line = (name: string, value: string, of: { readonly Override: boolean } | undefined): Line[] =>
    of === undefined ? [] : [{ name, value, override: of.Override }];
  return [
    ...line('content-security-policy', csp?.ContentSecurityPolicy ?? '', csp),
    ...line('x-content-type-options', 'nosniff', type),
    ...line('x-frame-options', frame?.FrameOption ?? '', frame),
    ...line('referrer-policy', referrer?.ReferrerPolicy ?? '', referrer),
    ...line(
      'strict-transport-security',
      [
        `max-age=${hsts?.AccessControlMaxAgeSec}`,
        ...(hsts?.IncludeSubdomains === true ? ['includeSubDomains'] : []),
        ...(hsts?.Preload === true ? ['preload'] : []),
      ].join('; '),
      hsts,
    ),
    ...line(
      'x-xss-protection',
      xss?.Protection === true
        ? [
            '1',
            ...(xss.ModeBlock === true ? ['mode=block'] : []),
            ...(xss.ReportUri === undefined ? [] : [`report=${xss.ReportUri}`]),
          ].join('; ')
        : '0',
      xss,
    ),
  ];
}
