import { z } from 'zod';
import { secureUrl } from './urls.ts';

/** Asymmetric algorithms only. HMAC is excluded, so that a public key can never be used as its secret. */
const signingAlgorithms = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'EdDSA'] as const),
] as const;

/** Settings of every existing issuer. */
const tokenSettings = {
  audience: z.string().min(1, 'Give the audience that tokens must contain.'),
  /** Allowed difference between the issuer's clock and the gateway's, for `exp`, `nbf` and `iat`. */
  clockToleranceSeconds: z
    .number()
    .int()
    .min(0, 'Give no less than 0.')
    .max(300, 'Give at most 300.')
    .default(5),
  /** Maximum lifetime of a token; longer ones are refused. Revocations are kept for the same time. */
  maxLifetimeSeconds: z
    .number({ error: 'Give a whole number.' })
    .int()
    .min(1, 'Give at least 1.')
    .max(366 * 86_400, 'Give at most one year.')
    .default(30 * 86_400),
};

const keySet = {
  issuer: secureUrl,
  jwksUri: secureUrl,
  algorithms: z.array(z.enum(signingAlgorithms)).min(1, 'Allow at least one algorithm.'),
};

const slug = z.string().regex(/^[a-z0-9](-?[a-z0-9]){0,63}$/, 'Use lower-case letters, digits and hyphens.');

/** A permission pattern: `*` matches one segment, `**` at the end matches one or more. */
const grant = z
  .string()
  .regex(
    /^(([a-z0-9-]+|\*)(:([a-z0-9-]+|\*)){0,7}(:\*\*)?|\*\*)$/,
    'Write a permission such as "orders:read", with "*" for one segment and "**" for all that follow.',
  );

/** A value that is valid in a header: visible ASCII, with spaces only between characters. */
const role = z.string().regex(/^[!-~]([ -~]{0,254}[!-~])?$/, 'Write a role in visible ASCII.');

const domain = z
  .string()
  .regex(
    /^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,8}$/,
    'Write a domain in lower case, such as "acme.example".',
  );

/** Claims that the tokens of an additional issuer may use. Omitted claims are ignored. */
const issuerBounds = {
  /** Permissions that its tokens may carry. Others are dropped. */
  permissions: z.array(grant).max(64, 'Give at most 64 permissions.').default([]),
  /** Plan of all its callers, whatever their tokens claim. @default - the default plan */
  plan: z.string().optional(),
  /** Accepted values of the claim `role`. `admin` is accepted only if listed. */
  roles: z.array(role).default([]),
  /** Accepted domains of addresses in the claim `email`. */
  emailDomains: z.array(domain).default([]),
  /**
   * `own`: its subject `alice` is `NAME|alice` for services and limits, distinct from every other issuer's. `shared`:
   * its subjects are the shop's own users.
   */
  subjects: z.enum(['own', 'shared']).default('own'),
};

/** The shop's OpenID Connect issuer, with the keys that verify its tokens. All its claims are accepted. */
export const oidc = z.strictObject({ kind: z.literal('oidc'), ...keySet, ...tokenSettings });

/** An additional OpenID Connect issuer, such as a partner's. */
export const additionalOidc = z.strictObject({
  kind: z.literal('oidc'),
  /** Prefix of its subjects and clients: `NAME|alice`. */
  name: slug,
  ...keySet,
  ...tokenSettings,
  ...issuerBounds,
});

/**
 * A client that signs its tokens with a generated shared secret (HMAC), which the gateway reads. Use it only for
 * clients that cannot use key pairs, since whoever can verify such a token can create one. All its callers count as one
 * client.
 */
export const hmac = z.strictObject({
  kind: z.literal('hmac'),
  /** Value of the claim `iss` in its tokens. */
  issuer: z.string().min(1, 'Give the value of iss in its tokens.'),
  /**
   * Value of the claim `client_id` in its tokens. Its secret has this name, and its subjects are `CLIENT|alice`.
   */
  clientId: slug,
  algorithms: z.array(z.enum(['HS256', 'HS384', 'HS512'])).min(1, 'Allow at least one algorithm.'),
  ...tokenSettings,
  ...issuerBounds,
});
