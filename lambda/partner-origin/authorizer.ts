import type { OriginSecrets } from '../../runtime/aws/origin-secret.ts';
import { requestHeaders } from '../../runtime/contracts/gateway-contract.ts';

export interface AuthorizerDependencies {
  readonly originSecrets: OriginSecrets;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The answer of a REST API's request authorizer ("Output from an API Gateway Lambda authorizer"). */
export interface AuthorizerResponse {
  readonly principalId: 'edge' | 'certificate' | 'unknown';
  readonly policyDocument: {
    readonly Version: '2012-10-17';
    readonly Statement: readonly [
      {
        readonly Action: 'execute-api:Invoke';
        readonly Effect: 'Allow' | 'Deny';
        readonly Resource: string;
      },
    ];
  };
}

/**
 * The origin check of the partner API: it allows a call that came through the edge, which adds the origin
 * secret, or that has a client certificate, which API Gateway has verified with the trust store before. The
 * API key identifies and limits the caller.
 *
 * @returns The handler. It rejects when the secret is unknown, which the API answers with 503.
 */
export function createAuthorizer({ originSecrets, now }: AuthorizerDependencies) {
  return async (event: unknown): Promise<AuthorizerResponse> => {
    const { methodArn, headers, requestContext } = Object(event) as RequestEvent;
    const stage = wholeStage(String(methodArn));
    const certificate: unknown = Object(Object(requestContext).identity).clientCert;
    if (typeof certificate === 'object' && certificate !== null) return answer('certificate', stage);
    const result = await originSecrets.check(headerOf(headers, requestHeaders.originSecret), now());
    if (result === 'unknown') throw new Error('The origin secret could not be read.');
    return answer(result === 'accepted' ? 'edge' : 'unknown', stage);
  };
}

/** The parts of the event that are read here; all of them may be missing. */
interface RequestEvent {
  readonly methodArn?: unknown;
  readonly headers?: unknown;
  readonly requestContext?: unknown;
}

function answer(principalId: AuthorizerResponse['principalId'], resource: string): AuthorizerResponse {
  return {
    principalId,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Action: 'execute-api:Invoke',
          Effect: principalId === 'unknown' ? 'Deny' : 'Allow',
          Resource: resource,
        },
      ],
    },
  };
}

/** `arn:…:api/stage/*`: the result is cached by the secret, so it must apply to every method. */
function wholeStage(methodArn: string): string {
  return `${methodArn.split('/').slice(0, 2).join('/')}/*`;
}

/** A REST API's event has header names as they were sent. */
function headerOf(headers: unknown, wanted: string): string {
  const found = Object.entries(Object(headers) as object).find(([name]) => name.toLowerCase() === wanted);
  return typeof found?.[1] === 'string' ? found[1] : '';
}
