import type { HttpResponse } from '../../http/exchange.ts';
import type { GatewayResponse } from './gateway-responses.ts';
import type { LambdaIntegration } from './lambda-integration.ts';
import type { Mapping } from './mapping.ts';

/** What a route leads to, with the mappings on the way there and back. */
export interface Integration {
  readonly target:
    | ({ readonly kind: 'lambda' } & LambdaIntegration)
    /** A load balancer's listener, by its id. */
    | {
        readonly kind: 'listener';
        readonly listenerId: string;
        readonly method: string;
        readonly timeoutMs: number;
      };
  readonly request: readonly Mapping[];
  /** By status code of the integration's answer. */
  readonly response: Readonly<Record<string, readonly Mapping[]>>;
}

export type IntegrationOutcome =
  | { readonly kind: 'answered'; readonly answer: HttpResponse }
  /** The API answers itself; `detail` is for the access log. */
  | { readonly kind: 'own'; readonly type: GatewayResponse; readonly detail: string }
  /** The caller has gone. */
  | { readonly kind: 'gone' };
