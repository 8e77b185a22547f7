import { SignJWT } from 'jose';
import type { SigningAlgorithm } from '../../../../runtime/contracts/gateway-contract.ts';
import { openSigningKeys } from './signing-keys.ts';

/** The claims of a token, with the names that the gateway uses. */
export interface TokenClaims {
  readonly sub: string;
  /** `resource:action`; `*` matches one segment, `**` all remaining segments. */
  readonly permissions?: readonly string[];
  readonly plan?: string;
  readonly email?: string;
  readonly role?: string;
  readonly clientId?: string;
}

export interface TokenRequest {
  readonly stateFolder: string;
  readonly issuer: string;
  readonly audience: string;
  readonly claims: TokenClaims;
  readonly lifetimeSeconds: number;
  readonly algorithm: SigningAlgorithm;
  readonly nowSeconds: number;
}

/** Signs an access token (RFC 9068) with the keys of the state folder. */
export async function signToken(request: TokenRequest): Promise<string> {
  const { claims, nowSeconds } = request;
  const { keyId, key } = await (await openSigningKeys(request.stateFolder)).forSigning(request.algorithm);
  const body = {
    permissions: claims.permissions ?? [],
    ...(claims.plan === undefined ? {} : { plan: claims.plan }),
    ...(claims.email === undefined ? {} : { email: claims.email }),
    ...(claims.role === undefined ? {} : { role: claims.role }),
    ...(claims.clientId === undefined ? {} : { client_id: claims.clientId }),
  };
  return await new SignJWT(body)
    .setProtectedHeader({ alg: request.algorithm, kid: keyId, typ: 'at+jwt' })
    .setIssuer(request.issuer)
    .setAudience(request.audience)
    .setSubject(claims.sub)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + request.lifetimeSeconds)
    .sign(key);
}
