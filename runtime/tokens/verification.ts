import type { TokenPolicy } from '../contracts/gateway-contract.ts';
import type { Identity } from './identity.ts';

/** Why a token is refused; a word for the logs. */
export type TokenFault =
  | 'malformed-token'
  | 'unknown-issuer'
  | 'algorithm-not-allowed'
  | 'unknown-key'
  | 'bad-signature'
  | 'unsupported-header'
  | 'wrong-audience'
  | 'wrong-client'
  | 'token-expired'
  | 'token-not-yet-valid'
  /** Its time of issue is in the future. */
  | 'token-from-future'
  | 'lifetime-too-long'
  | 'bad-claims';

/** A token that was valid when it was verified. Times are whole seconds since the epoch. */
export interface VerifiedToken {
  readonly identity: Identity;
  /** The id for revocation: `jti`, or a digest of the whole token when it has no valid one. */
  readonly tokenId: string;
  readonly expiresAtSeconds: number;
  readonly notBeforeSeconds: number;
  /** The issuer's clock tolerance, at both times. */
  readonly clockToleranceSeconds: number;
}

export type Verification =
  | { readonly kind: 'verified'; readonly token: VerifiedToken }
  | { readonly kind: 'refused'; readonly reason: TokenFault }
  | { readonly kind: 'unavailable' };

/** Verifies a token in compact form (RFC 7515, RFC 7519). */
export interface TokenVerifier {
  /**
   * A token that is remembered is answered at once, without a promise.
   *
   * @param now Milliseconds since the epoch.
   */
  verify(token: string, policy: TokenPolicy, now: number): Verification | Promise<Verification>;
}
