import type { ContextKey } from '../../lambda/auth/contract.ts';
import { limitHeaders } from '../../lambda/shared/contract.ts';
import { replacedStatuses } from './refusal-status.ts';

/**
 * Every status code that a service or the load balancer can answer. An HTTP API maps headers per exact code and has no
 * default (AWS::ApiGatewayV2::Integration ResponseParameters), so a code that is missing here goes out bare.
 */
const mappedStatusCodes = [
  200, 201, 202, 203, 204, 206, 300, 301, 302, 303, 304, 307, 308, 400, 401, 402, 403, 404, 405, 406, 408,
  409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 423, 424, 425, 426, 428, 429, 431, 451, 500, 501,
  502, 503, 504,
] as const;

/** One parameter mapping of a response, in the words of CloudFormation: the L1 passes it on untranslated. */
interface ResponseParameter {
  readonly Destination: string;
  readonly Source: string;
}

const overwrite = (header: string, source: string): ResponseParameter => ({
  Destination: `overwrite:header.${header}`,
  Source: source,
});

/** Headers that a route sets or removes besides what the gateway does; names in lower case. */
export interface HeaderChanges {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

/** An old version, days as `2026-11-20`. */
export interface Deprecation {
  readonly since: string;
  readonly sunset?: string | undefined;
  /** Where callers read what to do. */
  readonly link: string;
}

export interface AnswerChanges {
  /** Whether the edge keeps successful answers and gives them to everybody; such an answer says nothing of one caller. */
  readonly shared: boolean;
  readonly headers: HeaderChanges;
  readonly deprecated?: Deprecation | undefined;
}

/** The value that the authorizer has put into its context. */
export const fromDecision = (key: ContextKey): string => `$context.authorizer.${key}`;

const limits = Object.entries(limitHeaders).map(([header, key]) => overwrite(header, fromDecision(key)));

/** The response mappings of an integration whose routes have the authorizer. */
export function responseMappings({
  shared,
  headers,
  deprecated,
}: AnswerChanges): Readonly<Record<string, unknown>> {
  const own = [...changesOf(headers), ...(deprecated === undefined ? [] : told(deprecated))];
  const services = mappedStatusCodes.map((status) => [status, parametersOf(status, shared)] as const);
  const refusals = replacedStatuses.map(
    ({ from, by }) => [from, [...parametersOf(by, shared), ...refusalParameters(by)]] as const,
  );
  return Object.fromEntries(
    [...services, ...refusals].map(([status, parameters]) => [
      String(status),
      { ResponseParameters: [...parameters, ...own] },
    ]),
  );
}

/** A refusal by the decision: a service's own answer of such a status keeps what the service says. */
function refusalParameters(status: number): ResponseParameter[] {
  return [
    { Destination: 'overwrite:statuscode', Source: String(status) },
    status === 401
      ? overwrite('WWW-Authenticate', fromDecision('challenge'))
      : overwrite('Retry-After', fromDecision('retryAfter')),
  ];
}

function changesOf({ set, remove }: HeaderChanges): ResponseParameter[] {
  return [
    ...Object.entries(set).map(([name, value]) => overwrite(name, value)),
    ...remove.map((name) => ({ Destination: `remove:header.${name}`, Source: "''" })),
  ];
}

/** `Deprecation` is a date of structured fields (RFC 9745), `Sunset` one of HTTP (RFC 8594), both at midnight UTC. */
function told({ since, sunset, link }: Deprecation): ResponseParameter[] {
  return [
    overwrite('Deprecation', `@${Date.parse(since) / 1_000}`),
    ...(sunset === undefined ? [] : [overwrite('Sunset', new Date(sunset).toUTCString())]),
    // A service may have links of its own, such as to the next page.
    { Destination: 'append:header.Link', Source: `<${link}>; rel="deprecation"` },
  ];
}

function parametersOf(status: number, shared: boolean): ResponseParameter[] {
  const stored = status < 300 || status === 304;
  return [
    overwrite('x-request-id', '$context.requestId'),
    overwrite('x-gateway-policy', fromDecision('policyVersion')),
    // A refusal by identity says nothing of limits.
    ...(status === 401 || status === 403 || (shared && stored) ? [] : limits),
    ...(stored ? [overwrite('Cache-Control', fromDecision('cacheControl'))] : []),
    ...(status >= 400 ? [overwrite('Cache-Control', 'no-store')] : []),
    ...(shared && stored ? [{ Destination: 'remove:header.Set-Cookie', Source: "''" }] : []),
  ];
}

/** The health answer comes from the load balancer and has no decision behind it. */
export const healthResponseMappings: Readonly<Record<string, unknown>> = Object.fromEntries(
  [200, 500, 502, 503, 504].map((status) => [
    String(status),
    {
      ResponseParameters: [
        overwrite('x-request-id', '$context.requestId'),
        overwrite('Cache-Control', 'no-store'),
      ],
    },
  ]),
);
