import type { ClientAddress } from '../../../runtime/http/client-address.ts';
import type { Identity } from '../../../runtime/tokens/identity.ts';
import type { Reason } from '../decision/decision.ts';
import type { GatewayRequest } from '../decision/gateway-request.ts';
import type { PreparedRoute } from '../decision/prepared-policy.ts';

/** A call that has passed origin, route and address. */
export interface MatchedRequest {
  readonly request: GatewayRequest;
  readonly route: PreparedRoute;
  readonly address: ClientAddress;
}

/** The caller's identity, or why it is not known. */
export type Identification =
  | { readonly kind: 'known'; readonly identity: Identity }
  /** Answered with 401 and the challenge. */
  | { readonly kind: 'refused'; readonly reason: Reason; readonly challenge: string }
  /** The caller is known, and not allowed. */
  | { readonly kind: 'forbidden'; readonly reason: Reason }
  /** The credential cannot be verified now. */
  | { readonly kind: 'unavailable'; readonly reason: Reason };
