/**
 * A distribution's configuration, as the XML of CloudFront's API. It is changed as text, so that unknown
 * elements are kept: a typed client would drop every property that is newer than itself.
 */

/** The values that a distribution sends to its origins in one header, without duplicates. */
export interface OriginHeaderValues {
  readonly values: readonly string[];
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

const headerOf = (name: string) =>
  new RegExp(
    `(<HeaderName>\\s*${escaped(name)}\\s*</HeaderName>\\s*<HeaderValue>)([^<]*)(</HeaderValue>)`,
    'gi',
  );

export function originHeaderValues(xml: string, headerName: string): OriginHeaderValues {
  return { values: [...new Set([...xml.matchAll(headerOf(headerName))].map(([, , value = '']) => value))] };
}

/** @param value letters and digits, which need no escape in XML. */
export function withOriginHeaderValue(xml: string, headerName: string, value: string): string {
  return xml.replaceAll(
    headerOf(headerName),
    (_, before: string, _former, after: string) => before + value + after,
  );
}
