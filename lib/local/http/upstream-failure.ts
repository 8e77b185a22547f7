import type { UpstreamOutcome } from './upstream.ts';

type Unanswered = Exclude<UpstreamOutcome, { readonly kind: 'answered' }>;

/** Maps a failed call of a load balancer to the error of an API; `gone` when the client has disconnected. */
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
