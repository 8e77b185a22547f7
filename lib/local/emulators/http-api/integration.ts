import type { HttpResponse } from '../../http/exchange.ts';
import type { GatewayResponse } from './gateway-responses.ts';
import type { Mapping } from './mapping.ts';

/** The function behind a route. */
export interface LambdaTarget {
  readonly kind: 'lambda';
  readonly functionReference: string;
  readonly timeoutMs: number;
}

/** The listener of a load balancer behind a route. */
export interface ListenerTarget {
  readonly kind: 'listener';
  readonly listenerId: string;
  /** `ANY` keeps the method of the request. */
  readonly method: string;
  readonly timeoutMs: number;
}

/** The target of a route, with the parameter mappings of its requests and responses. */
export interface Integration {
  readonly target: LambdaTarget | ListenerTarget;
  readonly request: readonly Mapping[];
  /** By status code of the response of the integration. */
  readonly response: Readonly<Record<string, readonly Mapping[]>>;
}

export type IntegrationOutcome =
  | { readonly kind: 'answered'; readonly answer: HttpResponse }
  /** The API returns a response of API Gateway; `detail` goes to the access log. */
  | { readonly kind: 'own'; readonly type: GatewayResponse; readonly detail: string }
  /** The client has disconnected. */
  | { readonly kind: 'gone' };
