import type { HeaderFields } from '../http/header-fields.ts';
import type { ResponseHeadersPolicyConfig } from './resources.ts';

interface Line {
  readonly name: string;
  readonly value: string;
  /** False leaves a header of the origin's alone. */
  readonly override: boolean;
}

/** Compiles a response headers policy: what it removes of the origin's headers, then what it adds. */
export function compileResponseHeaders(config: ResponseHeadersPolicyConfig): (headers: HeaderFields) => void {
  const removed = (config.RemoveHeadersConfig?.Items ?? []).map(({ Header }) => Header);
  const added = [
    ...securityLines(config.SecurityHeadersConfig ?? {}),
    ...(config.CustomHeadersConfig?.Items ?? []).map(
      ({ Header, Value, Override }): Line => ({ name: Header, value: Value, override: Override }),
    ),
  ];
  return (headers) => {
    for (const name of removed) headers.delete(name);
    for (const { name, value, override } of added) {
      if (override || !headers.has(name)) headers.set(name, value);
    }
  };
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
