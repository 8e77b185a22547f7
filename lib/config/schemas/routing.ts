import { z } from 'zod';

const percent = z.number({ error: 'Give a percentage.' }).min(0.1, 'Give at least 0.1.').max(100);

const headerName = z
  .string()
  .regex(/^[a-z0-9](-?[a-z0-9]){0,62}$/, 'Write a header name in lower-case letters, digits and hyphens.');

/** API Gateway takes `$` for the beginning of a variable, so a plain value has none. */
const headerValue = z
  .string()
  .regex(/^[\x20-\x23\x25-\x7e]{1,512}$/, 'Give plain text of 1 to 512 characters without "$".');

/** Path of a service's, with parameters of the route: `/internal/products/{id}`. */
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

/** What a call must have for a variant to take it: all that is named. */
const when = z
  .strictObject({
    /** As the viewer asked for it. */
    host: z.hostname({ error: 'Give a host name such as beta.store.example.' }).optional(),
    header: z.strictObject({ name: headerName, value: z.string() }).optional(),
    query: z.strictObject({ name: z.string().min(1, 'Name the parameter.'), value: z.string() }).optional(),
    /**
     * This part of the callers, each of whom it takes always or never: the percentage is of a hash of the caller. The
     * parts of a route's variants lie side by side, so versions are weighted 90 to 10 by one variant of 10.
     */
    callersPercent: percent.optional(),
  })
  .refine((conditions) => Object.values(conditions).some((condition) => condition !== undefined), {
    error: 'Give at least one condition, or make it the route itself.',
  });

const variant = z.strictObject({
  when,
  service: z.string().optional(),
  composition: z.string().optional(),
  rewrite: path.optional(),
});

const date = z.iso.date({ error: 'Write a date as 2026-11-20.' });

/** Where a route's calls go besides its target, and what is changed of them on the way. */
export const routing = {
  /** Who answers instead: the first one whose conditions hold, in this order. */
  variants: z.array(variant).max(10, 'Ten variants are the most.').default([]),
  /** The path that the service sees. Left out, it sees the caller's. */
  rewrite: path.optional(),
  /** Of the request, as whoever answers sees it. */
  requestHeaders: changes.prefault({}),
  /** Of the answer, as the caller sees it. */
  responseHeaders: changes.prefault({}),
  /** Told to callers in `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and a link to what to do about it. */
  deprecated: z
    .strictObject({
      since: date,
      /** The first day on which it may be gone. */
      sunset: date.optional(),
      link: z.url({ protocol: /^https$/, error: 'Give an https address that explains it.' }),
    })
    .optional(),
  /**
   * Most calls a second of all callers together, as well as API Gateway counts, which then answers a 429 of its own.
   * Well above what the limits let through, it keeps what is behind from drowning; the account's own is 10 000 and
   * 5 000 at once.
   */
  throttle: z
    .strictObject({
      requestsPerSecond: z.number().int().min(1, 'Give at least 1.').max(9_000, 'Give at most 9000.'),
      burst: z.number().int().min(1, 'Give at least 1.').max(4_500, 'Give at most 4500.'),
    })
    .optional(),
};
