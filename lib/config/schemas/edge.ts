import { z } from 'zod';

const count = z.number({ error: 'Give a whole number.' }).int().min(1, 'Give at least 1.');
const hostname = z.hostname({ error: 'Give a host name such as www.store.example.' });

const pathPrefix = z.string().startsWith('/', 'A path prefix begins with "/".');
const pathPrefixes = z.array(pathPrefix);

const certificateArn = z
  .string()
  .regex(/^arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate\/.+$/, 'Give a certificate of ACM in us-east-1.');

/** The firewall beyond its rates and AWS's groups. */
const firewall = z.strictObject({
  /** Names of `addressLists`: addresses that no rule stops, such as a probe's. */
  allow: z.array(z.string()).default([]),
  /** Names of `addressLists`: addresses that come no further. */
  block: z.array(z.string()).default([]),
  /**
   * Largest body, but for routes whose `maxBodyKiB` is over 64, which is as much as the firewall can inspect
   * (https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-setting-body-inspection-limit.html). AWS charges for
   * inspecting bodies of over 16 KiB; less than 64 refuses bodies that routes without `maxBodyKiB` would take.
   */
  bodyLimit: z.strictObject({ kibibytes: z.literal([16, 32, 48, 64]) }).optional(),
  /** Rules of AWS's groups that do not block on some paths. */
  exceptions: z
    .array(
      z.strictObject({
        group: z.string().regex(/^AWSManagedRules\w+$/, 'Name one of AWS\'s groups: "AWSManagedRules...".'),
        rule: z.string().min(1, 'Name the rule as AWS does, such as CrossSiteScripting_BODY.'),
        pathPrefixes: pathPrefixes.min(1, 'Name at least one path prefix.'),
      }),
    )
    .default([]),
  /** AWS's group against bots; AWS charges for it by the request. */
  botControl: z.boolean().default(false),
  /** AWS's group against floods; AWS charges for it by the month and by the request. */
  antiDdos: z.boolean().default(false),
  /** Capacity that the rules may need; over 1500 AWS charges for every request, and 5000 is the most. */
  capacityUnits: count.max(5_000, 'AWS allows 5000.').default(1_500),
});

export const edgeSchema = z.strictObject({
  priceClass: z.enum(['100', '200', 'all']),
  /** The store's own domain. Left out, CloudFront's name and certificate serve, and TLS begins at its version 1.0. */
  domain: z
    .strictObject({
      name: z.hostname({ error: 'Give a host name such as api.store.example.' }),
      certificateArn,
      /** Where the name is to be entered. Left out, somebody else sees to it. */
      hostedZone: z.strictObject({ id: z.string().min(1, 'Give the zone id.'), name: hostname }).optional(),
    })
    .optional(),
  /** All requests of one address in five minutes before the firewall answers 429. */
  requestsPerAddress: count.min(10, 'WAF rate rules start at 10.'),
  /** Requests of one address to anonymous routes in one minute before the firewall answers 429. */
  anonymousRequestsPerAddress: count.min(10, 'WAF rate rules start at 10.'),
  /** Requests of one address to sign in, sign out or revoke in one minute before the firewall answers 429. */
  signInRequestsPerAddress: count.min(10, 'WAF rate rules start at 10.').default(20),
  /** Managed rule groups only count, to be watched before they block. */
  managedRules: z.enum(['count', 'block']),
  firewall: firewall.prefault({}),

  /** Files from a bucket of the edge's own, by path prefix: `/assets/app.js` is the object `assets/app.js`. */
  static: z
    .strictObject({
      pathPrefixes: z
        .array(z.string().regex(/^\/[\w.~-]+(\/[\w.~-]+)*\/$/, 'Write a prefix as "/assets/".'))
        .min(1, 'Name at least one path prefix.'),
    })
    .optional(),
  /** Serves every path that is not of the API. Left out, such paths are the API's 404. */
  storefront: z
    .strictObject({
      domainName: hostname,
      /** Asked instead when the first is away or answers 5xx; every page is then read-only (GET, HEAD, OPTIONS). */
      failoverDomainName: hostname.optional(),
    })
    .optional(),
  /** What pages of the storefront and static files may load. */
  contentSecurityPolicy: z
    .string()
    .min(1)
    .default(
      "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'self'",
    ),
  /** The secret between edge and APIs is changed by itself after so many days. Left out, operators change it. */
  originSecretRotationDays: count.max(1_000, 'Secrets Manager allows 1000 days.').optional(),
  /** The edge shows this client certificate to the API, whose own domain must ask for it (mutual TLS). */
  originClientCertificateArn: certificateArn.optional(),
});
