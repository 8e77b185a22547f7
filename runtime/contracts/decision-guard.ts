import { checkContentDigest } from '../http/content-digest.ts';
import type { HttpRequest, HttpResponse } from '../http/lambda-http.ts';
import { decisions, defaultBodyKiB, NO_VALUE, type Refusal } from './gateway-contract.ts';
import { contentTooLarge, digestMismatch, type RefusalResponse, refusalResponses } from './refusals.ts';
import { gatewayResponseHeaders } from './response-headers.ts';

/**
 * Enforces the decision before a Lambda integration does its work, as the load balancer does before a
 * service: with the same bodies, and refusing whatever is not explicitly allowed for this service. It also
 * checks the length of the body and compares a signed body with its digest, as the services do.
 *
 * @param service The catalogue's name of the service that the integration answers for.
 * @param maxBodyKiB The route's longest body.
 * @returns The refusal to answer with, or undefined when the call is allowed.
 */
export function enforceDecision(
  call: HttpRequest,
  service: string,
  maxBodyKiB: number = defaultBodyKiB,
): HttpResponse | undefined {
  const decision = decisions.find((candidate) => candidate === call.decision['decision']);
  if (decision === 'allow' && call.decision['service'] === service) {
    if (call.body.length > maxBodyKiB * 1024) return answer(call, contentTooLarge);
    return isBodyAsSigned(call) ? undefined : answer(call, digestMismatch);
  }
  return refusalResponse(call, decision === undefined || decision === 'allow' ? 'forbidden' : decision);
}

/** Refuses a call with the body that the load balancer returns for the decision. */
export function refusalResponse(call: HttpRequest, decision: Refusal): HttpResponse {
  return answer(call, refusalResponses[decision]);
}

function isBodyAsSigned({ decision, body }: HttpRequest): boolean {
  const digest = decision['contentDigest'] ?? NO_VALUE;
  return digest === NO_VALUE || checkContentDigest(digest, body) === 'matched';
}

function answer(call: HttpRequest, { status, body }: RefusalResponse): HttpResponse {
  return withGatewayHeaders(call, {
    statusCode: status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  });
}

/**
 * Headers whose value from the service is kept: when to retry, and how to authenticate (RFC 9110 sections
 * 10.2.3 and 11.6.1).
 */
const serviceHeaders = ['retry-after', 'www-authenticate'] as const;

/**
 * Adds the gateway's headers to an integration's answer. They replace the answer's headers of the same name,
 * except those that the service may set itself.
 */
export function withGatewayHeaders(call: HttpRequest, answer: HttpResponse): HttpResponse {
  const own = Object.fromEntries(
    serviceHeaders.flatMap((name) =>
      answer.headers[name] === undefined ? [] : [[name, answer.headers[name]]],
    ),
  );
  return {
    ...answer,
    headers: { ...answer.headers, ...gatewayResponseHeaders(answer.statusCode, call), ...own },
  };
}
