import { checkContentDigest } from '../http/content-digest.ts';
import type { HttpRequest, HttpResponse } from '../http/lambda-http.ts';
import {
  contentTooLarge,
  decisions,
  defaultBodyKiB,
  digestMismatch,
  NO_VALUE,
  type Refusal,
  type RefusalResponse,
  refusalResponses,
} from './gateway-contract.ts';
import { gatewayResponseHeaders } from './response-headers.ts';

/**
 * Enforces the decision before a Lambda integration does its work, as the load balancer does before a service: the
 * same bodies, and refused whatever is not plainly allowed for this service. The length of the body is checked, and a
 * signed body is compared with its digest, as the services do.
 *
 * @param service The catalogue's name of the service that the integration answers for.
 * @param maxBodyKiB The route's longest body.
 * @returns The refusal to answer with, or undefined where the call may go on.
 */
export function enforceDecision(
  call: HttpRequest,
  service: string,
  maxBodyKiB: number = defaultBodyKiB,
): HttpResponse | undefined {
  const word = decisions.find((candidate) => candidate === call.decision['decision']);
  if (word === 'allow' && call.decision['service'] === service) {
    if (call.body.length > maxBodyKiB * 1024) return answer(call, contentTooLarge);
    return isBodyAsSigned(call) ? undefined : answer(call, digestMismatch);
  }
  return refusalResponse(call, word === undefined || word === 'allow' ? 'forbidden' : word);
}

/** Refuses a call with the body that the load balancer gives for the word. */
export function refusalResponse(call: HttpRequest, word: Refusal): HttpResponse {
  return answer(call, refusalResponses[word]);
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

/** What a service says itself stands: when to come again, and how to sign in (RFC 9110 sections 10.2.3 and 11.6.1). */
const serviceHeaders = ['retry-after', 'www-authenticate'] as const;

/** Adds the gateway's headers to an integration's answer; they replace those of the same name but the service's words. */
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
