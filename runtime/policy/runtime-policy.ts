import * as z from 'zod/mini';
import { _default as orElse } from 'zod/mini';

/**
 * The runtime policy: what operators change while the gateway runs. One versioned document that overrides the
 * policy of the bundle: an entry here replaces the bundle's entry of the same name, and everything else stays
 * as in the catalogue.
 */

const text = (pattern: RegExp, error: string) => z.string({ error }).check(z.regex(pattern, { error }));
const whole = (minimum: number, maximum: number, error: string) =>
  z.number({ error }).check(z.int({ error }), z.minimum(minimum, { error }), z.maximum(maximum, { error }));
const list = <Item extends z.ZodMiniType>(item: Item) =>
  orElse(z.array(item, { error: 'Give a list in square brackets.' }), () => []);
const named = <Value extends z.ZodMiniType>(key: z.ZodMiniString, value: Value) =>
  orElse(z.record(key, value, { error: 'Give an object of entries by name.' }), () => ({}));
const object = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: ({ code }) => (code === 'invalid_type' ? 'Give an object in braces.' : undefined),
  });

const count = whole(1, Number.MAX_SAFE_INTEGER, 'Give a whole number of at least 1.');
const countOrUnlimited = z.nullable(count);

/** Names as in the catalogue, of services, limits and plans. */
const name = text(
  /^[a-z][a-z0-9-]{0,23}$/,
  'Write a name of lower-case letters, digits and hyphens, at most 24 characters.',
);

const clientId = text(
  /^[\x21-\x7e]([\x20-\x7e]{0,254}[\x21-\x7e])?$/,
  'Write the id of a client in visible ASCII, at most 256 characters.',
);

const routeKey = text(
  /^(GET|HEAD|POST|PUT|PATCH|DELETE) \/\S*$/,
  'Write a route as the catalogue does: "METHOD /path/{parameter}".',
);

/**
 * A header's or cookie's name (RFC 9110 section 5.6.2). The edge strips headers with the gateway's prefixes.
 */
const fieldName = text(
  /^(?!x-gw-|x-user-|x-client-|x-plan)[!#$%&'*+.^_`|~0-9a-z-]{1,64}$/,
  'Write a name in lower case without the gateway\'s prefixes ("x-gw-", "x-user-", "x-client-", "x-plan").',
);

const instantError = 'Give an instant in UTC, such as "2026-12-01T00:00:00Z".';
const instant = z.iso.datetime({ error: instantError });

const reason = text(/^[^\r\n]{1,256}$/, 'Give the reason in one line of at most 256 characters.');

const rangeError =
  'Write a range in CIDR notation, such as "192.0.2.0/24"; IPv4 as IPv4, not mapped into IPv6.';
const range = z
  .union([z.cidrv4(), z.cidrv6()], { error: rangeError })
  .check(z.refine((cidr) => !/^[0:]*:ffff:/i.test(cidr), { error: rangeError }));

/** A range alone, or with the instant until which it counts and the operator's reason. */
const addressRange = z.pipe(
  z.union([range, object({ range, until: z.optional(instant), reason: z.optional(reason) })], {
    error: rangeError,
  }),
  z.transform((entry) => (typeof entry === 'string' ? { range: entry } : entry)),
);

const rate = object({
  /** Sustained rate: this many requests in `periodSeconds`. */
  requests: count,
  periodSeconds: whole(1, 86_400, 'Give from 1 to 86400 seconds; use a quota for a longer period.'),
  /** Requests that are admitted at once after a pause. */
  burst: count,
});

const plan = object({
  /** Requests in a calendar month (UTC); null is unlimited. */
  requestsPerMonth: countOrUnlimited,
  /** Bytes in and out in a calendar month (UTC); null is unlimited. */
  bytesPerMonth: countOrUnlimited,
  rate: z.optional(rate),
});

/** Overrides for one client, until they expire. */
const client = object({
  plan: z.optional(name),
  rate: z.optional(rate),
  suspended: z.optional(z.boolean({ error: 'Give true or false.' })),
  expiresAt: z.optional(instant),
  reason,
});

/** Requests in addition to the plan's monthly quota, until that instant. */
const grant = object({ clientId, requests: count, until: instant, reason });

/** The callers of a service that belong to the cohort `canary`; all others are `stable`. */
const cohort = object({
  /** Of all callers, by a hash of the salt and the caller: a higher percentage only adds callers. */
  percent: z
    .number({ error: 'Give a percentage from 0 to 100.' })
    .check(
      z.minimum(0, 'Give a percentage from 0 to 100.'),
      z.maximum(100, 'Give a percentage from 0 to 100.'),
    ),
  /** A salt per service, so that different services select different callers. */
  salt: text(/^[\x20-\x7e]{1,64}$/, 'Give from 1 to 64 characters of ASCII.'),
  /** Users that always belong to the cohort, whatever the percentage. */
  users: list(clientId),
  /**
   * A header and a cookie by which callers choose: their value is `canary` or `stable`. Left out, callers
   * cannot choose.
   */
  header: z.optional(fieldName),
  cookie: z.optional(fieldName),
});

const routeSwitch = object({ enabled: z.boolean({ error: 'Give true or false.' }), reason });

const maintenance = object({
  retryAfterSeconds: whole(1, 86_400, 'Give from 1 to 86400 seconds.'),
  reason,
});

export const runtimePolicySchema = object({
  schema: z.literal(1, { error: 'Give 1, the only supported schema.' }),
  /** The operator's version of this document, sent with every answer as a part of `x-gateway-policy`. */
  version: text(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'Write a version of letters, digits, dots, hyphens and underscores, at most 64 characters.',
  ),
  plans: named(name, plan),
  clients: named(clientId, client),
  grants: list(grant),
  /** By service. */
  cohorts: named(name, cohort),
  addresses: orElse(object({ block: list(addressRange), allow: list(addressRange) }), () => ({
    block: [],
    allow: [],
  })),
  /** Everything but health answers 503. */
  maintenance: orElse(z.nullable(maintenance), null),
  /** By route key. A route that is switched off answers 503; HEAD follows its GET. */
  routes: named(routeKey, routeSwitch),
  /** Names of limits that are evaluated and counted, and refuse no call. */
  shadow: list(name),
});

/** The document with every section filled in. */
export type RuntimePolicy = z.output<typeof runtimePolicySchema>;
export type ClientOverride = z.output<typeof client>;
export type AddressRange = z.output<typeof addressRange>;
export type CohortRule = z.output<typeof cohort>;

/** One fault of a document. */
export interface PolicyFault {
  /** The place, as code would write it: `clients["web"].rate.burst`. `document` is the whole. */
  readonly path: string;
  readonly fault: string;
  readonly remedy: string;
}

export type ParsedRuntimePolicy =
  | { readonly kind: 'valid'; readonly policy: RuntimePolicy }
  | { readonly kind: 'invalid'; readonly faults: readonly PolicyFault[] };

/** Reads a document from its text. Reports all faults of its shape at once. */
export function readRuntimePolicy(json: string): ParsedRuntimePolicy {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    const fault = `is not JSON (${error instanceof Error ? error.message : String(error)}).`;
    return { kind: 'invalid', faults: [{ path: 'document', fault, remedy: 'Correct its syntax.' }] };
  }
  return parseRuntimePolicy(value);
}

/** Checks a document's shape, and fills in missing sections. Reports all faults at once. */
export function parseRuntimePolicy(value: unknown): ParsedRuntimePolicy {
  const result = runtimePolicySchema.safeParse(value, { reportInput: true });
  return result.success
    ? { kind: 'valid', policy: result.data }
    : { kind: 'invalid', faults: result.error.issues.flatMap(faultsOf) };
}

/** One line for each fault: the place, the fault, and the remedy. */
export function describeFaults(faults: readonly PolicyFault[]): string {
  return faults.map(({ path, fault, remedy }) => `${path}: ${fault} ${remedy}`).join('\n');
}

/** Writes a path as code would. */
export function pathText(path: readonly PropertyKey[]): string {
  const text = path
    .map((key) => {
      if (typeof key === 'number') return `[${key}]`;
      const word = String(key);
      return /^[A-Za-z_]\w*$/.test(word) ? `.${word}` : `[${JSON.stringify(word)}]`;
    })
    .join('')
    .replace(/^\./, '');
  return text === '' ? 'document' : text;
}

function faultsOf(issue: z.core.$ZodIssue): PolicyFault[] {
  const path = pathText(issue.path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: pathText([...issue.path, key]),
        fault: 'is not known.',
        remedy: 'Correct its spelling or remove it.',
      }));
    case 'invalid_key':
      return [
        { path, fault: 'is not a valid name.', remedy: issue.issues.map(({ message }) => message).join(' ') },
      ];
    case 'invalid_type':
      return [
        {
          path,
          fault: issue.input === undefined ? 'is missing.' : 'is of the wrong type.',
          remedy: issue.message,
        },
      ];
    default:
      return [{ path, fault: 'is not valid.', remedy: issue.message }];
  }
}
