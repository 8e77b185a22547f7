import type { Identity } from '../../../runtime/tokens/identity.ts';
import type { Reason } from '../decision/decision.ts';

/** Who calls, or why that is not known. */
export type Identification =
  | { readonly kind: 'known'; readonly identity: Identity }
  /** To be answered with 401 and the challenge. */
  | { readonly kind: 'refused'; readonly reason: Reason; readonly challenge: string }
  /** It is proved who calls, and that they may not. */
  | { readonly kind: 'forbidden'; readonly reason: Reason }
  /** Whether the credential is good cannot be said now. */
  | { readonly kind: 'unavailable'; readonly reason: Reason };
