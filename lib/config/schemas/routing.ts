import { z } from 'zod';

const percent = z.number({ error: 'Give a percentage.' }).min(0.1, 'Give at least 0.1.').max(100);

const headerName = z
  .string()
  .regex(/^[a-z0-9](-?[a-z0-9]){0,62}$/, 'Write a header name in lower-case letters, digits and hyphens.');

/** A plain header value without `$`, with which API Gateway begins a variable. */
const headerValue = z
  .string()
  .regex(/^[\x20-\x23\x25-\x7e]{1,512}$/, 'Give plain text of 1 to 512 characters without "$".');

/** Path at the service, which can use the parameters of the route: `/internal/products/{id}`. */
const path = z
  .string()
  .regex(
    /^(\/([A-Za-z0-9._~-]+|\{[A-Za-z][A-Za-z0-9]*\+?\}))+$/,
    'Write a path as "/products/{id}", with parameters of the route.',
  );

const changes = z.strictObject({
  set: z.record(headerName, headerValue).default({}),
  remove: z.array(headerName).default([]),
});

/** Conditions of a variant; all given conditions must hold. */
const when = z
  .strictObject({
    /** Host name that the viewer requested. */
    host: z.hostname({ error: 'Give a host name such as beta.store.example.' }).optional(),
    header: z.strictObject({ name: headerName, value: z.string() }).optional(),
    query: z.strictObject({ name: z.string().min(1, 'Name the parameter.'), value: z.string() }).optional(),
    /**
     * Percentage of callers, chosen by a hash of the caller, so that a caller always gets the same result. The
     * percentages of a route's variants do not overlap: one variant of 10 splits callers 90 to 10.
     */
    callersPercent: percent.optional(),
  })
  .refine((conditions) => Object.values(conditions).some((condition) => condition !== undefined), {
    error: 'Give at least one condition, or change the route itself.',
  });

const variant = z.strictObject({
  when,
  service: z.string().optional(),
  composition: z.string().optional(),
  rewrite: path.optional(),
});

const date = z.iso.date({ error: 'Write a date as 2026-11-20.' });

/** Variants of a route's target, and changes to its path and headers. */
export const routing = {
  /** Alternative targets. The first one whose conditions hold answers. */
  variants: z.array(variant).max(10, 'Give at most ten variants.').default([]),
  /** Path that the service receives. @default - the caller's path */
  rewrite: path.optional(),
  /** Changes to the request before it reaches the target. */
  requestHeaders: changes.prefault({}),
  /** Changes to the answer before it reaches the caller. */
  responseHeaders: changes.prefault({}),
  /** Sent to callers as `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and a link to instructions. */
  deprecated: z
    .strictObject({
      since: date,
      /** First day on which the route can be removed. */
      sunset: date.optional(),
      link: z.url({ protocol: /^https$/, error: 'Give an https URL that explains the deprecation.' }),
    })
    .optional(),
  /**
   * Throttle of the route over all callers, enforced by API Gateway, which then answers 429 itself. It protects the
   * targets and should be well above the limits. The account's own throttle is 10 000 requests a second with a burst of
   * 5 000.
   */
  throttle: z
    .strictObject({
      requestsPerSecond: z.number().int().min(1, 'Give at least 1.').max(9_000, 'Give at most 9000.'),
      burst: z.number().int().min(1, 'Give at least 1.').max(4_500, 'Give at most 4500.'),
    })
    .optional(),
};
