import type { UpstreamOutcome } from './upstream.ts';

type Unanswered = Exclude<UpstreamOutcome, { readonly kind: 'answered' }>;

/** How either kind of API calls a load balancer that did not answer; `gone` where its caller has left. */
export type UpstreamFailure =
  | {
      readonly kind: 'own';
      readonly type: 'INTEGRATION_TIMEOUT' | 'INTEGRATION_FAILURE';
      readonly detail: string;
    }
  | { readonly kind: 'gone' };

export function upstreamFailure({ kind, detail }: Unanswered): UpstreamFailure {
  switch (kind) {
    case 'timeout':
      return { kind: 'own', type: 'INTEGRATION_TIMEOUT', detail };
    case 'refused':
    case 'broken':
      return { kind: 'own', type: 'INTEGRATION_FAILURE', detail };
    case 'gone':
      return { kind: 'gone' };
    default:
      return kind satisfies never;
  }
}
