import { z } from 'zod';

const count = z.number({ error: 'Give a whole number.' }).int().min(1, 'Give at least 1.');
const hostname = z.hostname({ error: 'Give a host name such as www.store.example.' });

const pathPrefix = z.string().startsWith('/', 'Begin a path prefix with "/".');
const pathPrefixes = z.array(pathPrefix);

const certificateArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate\/.+$/,
    'Give the ARN of an ACM certificate in us-east-1.',
  );

/** WAF settings besides the rate rules and the managed rule groups. */
const firewall = z.strictObject({
  /** Names of `addressLists` whose addresses no rule blocks, such as those of a probe. */
  allow: z.array(z.string()).default([]),
  /** Names of `addressLists` whose addresses are blocked. */
  block: z.array(z.string()).default([]),
  /**
   * Maximum body size, except for routes whose `maxBodyKiB` is over 64. WAF can inspect at most 64 KiB
   * (https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-setting-body-inspection-limit.html) and charges for
   * inspecting bodies over 16 KiB. Less than 64 refuses bodies that routes without `maxBodyKiB` accept.
   */
  bodyLimit: z.strictObject({ kibibytes: z.literal([16, 32, 48, 64]) }).optional(),
  /** Rules of managed rule groups that only count on some paths. */
  exceptions: z
    .array(
      z.strictObject({
        group: z
          .string()
          .regex(/^AWSManagedRules\w+$/, 'Name a managed rule group of AWS: "AWSManagedRules...".'),
        rule: z.string().min(1, 'Give the name that AWS uses for the rule, such as CrossSiteScripting_BODY.'),
        pathPrefixes: pathPrefixes.min(1, 'Name at least one path prefix.'),
      }),
    )
    .default([]),
  /** Adds the Bot Control managed rule group; AWS charges per request. */
  botControl: z.boolean().default(false),
  /** Adds the Anti-DDoS managed rule group; AWS charges per month and per request. */
  antiDdos: z.boolean().default(false),
  /**
   * Maximum capacity of the web ACL in WCU. Over 1500, AWS charges for every request; 5000 is the maximum.
   */
  capacityUnits: count.max(5_000, 'Give at most 5000, the maximum of AWS WAF.').default(1_500),
});

export const edgeSchema = z.strictObject({
  priceClass: z.enum(['100', '200', 'all']),
  /**
   * Domain of the shop. Without it, CloudFront's domain and certificate are used, with TLS 1.0 as minimum version.
   */
  domain: z
    .strictObject({
      name: z.hostname({ error: 'Give a host name such as api.store.example.' }),
      certificateArn,
      /** Hosted zone of the domain's record. Without it, you create the record yourself. */
      hostedZone: z.strictObject({ id: z.string().min(1, 'Give the zone id.'), name: hostname }).optional(),
    })
    .optional(),
  /** Requests per address in five minutes; above it WAF answers 429. */
  requestsPerAddress: count.min(10, 'Give at least 10, the minimum of a WAF rate rule.'),
  /** Requests per address to anonymous routes in one minute; above it WAF answers 429. */
  anonymousRequestsPerAddress: count.min(10, 'Give at least 10, the minimum of a WAF rate rule.'),
  /** Requests per address to sign-in, sign-out and revocation in one minute; above it WAF answers 429. */
  signInRequestsPerAddress: count.min(10, 'Give at least 10, the minimum of a WAF rate rule.').default(20),
  /** Whether managed rule groups block, or only count so that you can observe them first. */
  managedRules: z.enum(['count', 'block']),
  firewall: firewall.prefault({}),

  /**
   * Serves static files from a dedicated bucket by path prefix: `/assets/app.js` is the object `assets/app.js`.
   */
  static: z
    .strictObject({
      pathPrefixes: z
        .array(z.string().regex(/^\/[\w.~-]+(\/[\w.~-]+)*\/$/, 'Write a prefix as "/assets/".'))
        .min(1, 'Name at least one path prefix.'),
    })
    .optional(),
  /** Origin of every path that is not an API path. Without it, the API answers such paths with 404. */
  storefront: z
    .strictObject({
      domainName: hostname,
      /**
       * Secondary origin, used if the primary is unreachable or answers 5xx. All pages are then read-only (GET, HEAD,
       * OPTIONS).
       */
      failoverDomainName: hostname.optional(),
    })
    .optional(),
  /** Content Security Policy of storefront pages and static files. */
  contentSecurityPolicy: z
    .string()
    .min(1)
    .default(
      "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'self'",
    ),
  /** Rotation period of the origin secret in days. Without it, operators rotate the secret by command. */
  originSecretRotationDays: count
    .max(1_000, 'Give at most 1000 days, the maximum of Secrets Manager.')
    .optional(),
  /** Client certificate that the edge presents to the API. The API domain must require one (mutual TLS). */
  originClientCertificateArn: certificateArn.optional(),
});
