/**
 * A distribution's configuration, as the XML of CloudFront's API. It is changed as text, so that what this code does not
 * know of stays as it is: a typed client would leave out every property that is younger than itself.
 */

/** What a distribution sends to its origins in one header, each value once. */
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

/** @param value letters and digits, which XML takes as they are. */
export function withOriginHeaderValue(xml: string, headerName: string, value: string): string {
  return xml.replaceAll(
    headerOf(headerName),
    (_, before: string, _former, after: string) => before + value + after,
  );
}
