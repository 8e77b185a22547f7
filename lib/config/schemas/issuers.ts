import { z } from 'zod';
import { secureUrl } from './urls.ts';

/** Those of key pairs. HMAC is not among them: a public key must never be taken for its secret. */
const signingAlgorithms = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'EdDSA'] as const),
] as const;

/** What holds for the tokens of every issuer that exists already. */
const tokenSettings = {
  audience: z.string().min(1, 'Give the audience that tokens must carry.'),
  /** By how much the issuer's clock may differ from ours, for `exp`, `nbf` and `iat`. */
  clockToleranceSeconds: z
    .number()
    .int()
    .min(0, 'Give no less than 0.')
    .max(300, 'Give at most 300.')
    .default(5),
  /** Tokens that live longer are refused; a sign-out is remembered for as long. */
  maxLifetimeSeconds: z
    .number({ error: 'Give a whole number.' })
    .int()
    .min(1, 'Give at least 1.')
    .max(366 * 86_400, 'Give at most a year.')
    .default(30 * 86_400),
};

const keySet = {
  issuer: secureUrl,
  jwksUri: secureUrl,
  algorithms: z.array(z.enum(signingAlgorithms)).min(1, 'Allow at least one algorithm.'),
};

const slug = z.string().regex(/^[a-z0-9](-?[a-z0-9]){0,63}$/, 'Use lower-case letters, digits and hyphens.');

/** Segments of a permission, of which `*` stands for one and `**` at the end for one or more. */
const grant = z
  .string()
  .regex(
    /^(([a-z0-9-]+|\*)(:([a-z0-9-]+|\*)){0,7}(:\*\*)?|\*\*)$/,
    'Write a permission such as "orders:read", with "*" for one segment and "**" for all that follow.',
  );

/** What may stand in a header: visible ASCII, spaces between only. */
const role = z.string().regex(/^[!-~]([ -~]{0,254}[!-~])?$/, 'Write a role in visible ASCII.');

const domain = z
  .string()
  .regex(
    /^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,8}$/,
    'Write a domain in lower case, such as "acme.example".',
  );

/** What the tokens of an issuer besides the shop's own may say. What is left out, they may not. */
const issuerBounds = {
  /** Grants that its tokens may carry. What else they claim is dropped. */
  permissions: z.array(grant).max(64, 'Give at most 64 permissions.').default([]),
  /** Plan of all its callers, whatever their tokens claim; left out, the default plan. */
  plan: z.string().optional(),
  /** Values of the claim `role` that count, `admin` among them only if it is named here. */
  roles: z.array(role).default([]),
  /** Domains of the addresses in the claim `email` that count. */
  emailDomains: z.array(domain).default([]),
  /**
   * `own`: its subject `alice` is `NAME|alice` to services and limits, and nobody else's alice. `shared`: it speaks for
   * the shop's own users by their own names.
   */
  subjects: z.enum(['own', 'shared']).default('own'),
};

/** The shop's own OpenID Connect issuer: its tokens and the keys to verify them with. All its claims count. */
export const oidc = z.strictObject({ kind: z.literal('oidc'), ...keySet, ...tokenSettings });

/** Another OpenID Connect issuer, such as a partner's. */
export const additionalOidc = z.strictObject({
  kind: z.literal('oidc'),
  /** Stands before its subjects and clients: `NAME|alice`. */
  name: slug,
  ...keySet,
  ...tokenSettings,
  ...issuerBounds,
});

/**
 * A client that signs its own tokens, with a secret that is made for it and that the gateway reads. For clients that
 * can do nothing else, since whoever can verify such a token can make one. All its callers count as the one client.
 */
export const hmac = z.strictObject({
  kind: z.literal('hmac'),
  /** `iss` of its tokens, as it names itself. */
  issuer: z.string().min(1, 'Give what its tokens say as iss.'),
  /** Its tokens must say so in `client_id`; its secret is named after it, and its subjects are `CLIENT|alice`. */
  clientId: slug,
  algorithms: z.array(z.enum(['HS256', 'HS384', 'HS512'])).min(1, 'Allow at least one algorithm.'),
  ...tokenSettings,
  ...issuerBounds,
});
