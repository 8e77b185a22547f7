import { z } from 'zod';

const seconds = (max: number) =>
  z
    .number({ error: 'Give a number of seconds.' })
    .min(0, 'Give at least 0 seconds.')
    .max(max, `Give at most ${max} seconds.`);

/**
 * Share of a route's timeout that its parts may use. The rest is reserved for the answer, because the API ends a
 * request at the full timeout without a reason.
 */
export const deadlineShare = 0.85;

/** Name of a part in the answer and in query parameters. */
const partName = z
  .string()
  .regex(
    /^[a-z][A-Za-z0-9]{0,31}$/,
    'Write part names with letters and digits, beginning with a lower-case letter.',
  );

const memberPath = z
  .string()
  .regex(
    /^[A-Za-z_$][\w$-]*(\.[A-Za-z_$][\w$-]*)*$/,
    'Write member names joined by dots, such as "price.amount".',
  );

const memberPaths = z.array(memberPath).min(1, 'Name at least one member.');

const expression = z
  .string()
  .regex(
    /^(path|query|header|identity|variant)\.[A-Za-z][\w-]*$|^parts(\.[A-Za-z_$][\w$-]*)+$|^each(\.[A-Za-z_$][\w$-]*)*$/,
    'Write path.NAME, query.NAME, header.NAME, identity.NAME, variant.NAME, parts.NAME.field or each.field.',
  );

/** The expressions of a path template, in order. */
export function expressionsOf(template: string): string[] {
  return [...template.matchAll(/\{([^{}]+)\}/g)].map(([, inner = '']) => inner);
}

const pathTemplate = z
  .string()
  .regex(
    /^\/[A-Za-z0-9._~/-]*(\{[^{}]+\}[A-Za-z0-9._~/-]*)*(\?[A-Za-z0-9._~=&,{}-]*)?$/,
    'Write a path such as "/api/products/{path.id}?limit=5".',
  )
  .refine((path) => expressionsOf(path).every((inner) => expression.safeParse(inner).success), {
    error:
      'Between braces write path.NAME, query.NAME, header.NAME, identity.NAME, variant.NAME, parts.NAME.field or each.field.',
  });

const mappingStep = z.union(
  [
    z.strictObject({ target: memberPath }),
    z.strictObject({ pick: memberPaths }),
    z.strictObject({ remove: memberPaths }),
    z.strictObject({ rename: z.record(memberPath, partName) }),
    z.strictObject({ group: z.strictObject({ into: partName, members: z.array(partName).optional() }) }),
    z.strictObject({ flatten: memberPath }),
  ],
  { error: 'Give each step exactly one of target, pick, remove, rename, group, flatten.' },
);

const fallback = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('empty') }),
    z.strictObject({ kind: z.literal('static'), value: z.unknown() }),
    z.strictObject({ kind: z.literal('stale') }),
  ],
  { error: 'Give kind "empty", "static" with a value, or "stale".' },
);

const part = z.strictObject({
  service: z.string(),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
  path: pathTemplate,
  /** Parts to wait for, besides those that the path refers to. */
  after: z.array(partName).default([]),
  each: z
    .strictObject({
      of: expression.refine(
        (of) => of.startsWith('parts.'),
        'Name an array of another part: parts.NAME.field.',
      ),
      atMost: z.number().int().min(1, 'Give at least 1.').max(20, 'Give at most 20 elements per call.'),
      as: partName,
    })
    .optional(),
  required: z.boolean().default(false),
  /** Called only if `?include=` names the part. */
  onDemand: z.boolean().default(false),
  timeoutSeconds: seconds(25).default(2),
  retries: z
    .number()
    .int()
    .min(0)
    .max(2, 'Give at most 2 retries: more of them make an overload worse.')
    .default(0),
  fallback: fallback.default({ kind: 'empty' }),
  cache: z
    .strictObject({
      seconds: seconds(86_400),
      staleSeconds: seconds(604_800).default(0),
      shared: z.enum(['public', 'identity']),
    })
    .optional(),
  /** Mapping from the body of the request to the body that the part sends. */
  send: z.array(mappingStep).optional(),
  mapping: z.array(mappingStep).default([]),
  /**
   * Member of the answer that holds the part; '' merges its members into the top level. @default - the name of the part
   */
  at: z.union([z.literal(''), partName]).optional(),
  /** Members that the answer shows of the part, after mapping. All others are dropped. */
  fields: z.array(memberPath).default([]),
  maxKilobytes: z
    .number()
    .int()
    .min(1)
    .max(4_000, 'Give at most 4500 kB, the maximum of a whole answer.')
    .default(256),
});

const input = z.strictObject({
  /** Regular expression that the whole text must match. */
  pattern: z.string().refine(isRegularExpression, 'Give a regular expression.'),
  default: z.string().optional(),
});

const variant = z.strictObject({
  without: z.array(partName).default([]),
  fields: z.array(memberPath).default([]),
  parameters: z.record(partName, z.string()).default({}),
});

const partsOf = {
  description: z.string().min(1, 'Describe in one sentence what the composition answers.'),
  /**
   * Patterns of the inputs, by expression. A path parameter without an entry must match `defaultPathPattern`.
   */
  inputs: z.record(expression, input).default({}),
  parts: z.record(partName, part),
};

export const compositionSchema = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      kind: z.literal('merge'),
      ...partsOf,
      /** Variants by kind of client; the first is the default. */
      variants: z
        .record(z.string().regex(/^[a-z]+$/, 'Write the names of variants in lower-case letters.'), variant)
        .default({}),
    }),
    z.strictObject({ kind: z.literal('plain'), ...partsOf }),
    z.strictObject({
      kind: z.literal('batch'),
      description: partsOf.description,
      /** Keys of the routes that an item may read. */
      reads: z.array(z.string()).min(1, 'Name at least one route.'),
      atMost: z.number().int().min(1).max(20, 'Give at most 20 reads per batch.').default(20),
      readTimeoutSeconds: seconds(25).default(2),
      maxKilobytes: z.number().int().min(1).max(1_000).default(200),
    }),
  ],
  {
    error: 'Give kind "merge" (several parts in one answer), "plain" (one part in another shape) or "batch".',
  },
);

/** Pattern of path parameters: no separator, no dot segment, no control character. */
export const defaultPathPattern = '[A-Za-z0-9][A-Za-z0-9._~@|:+-]{0,127}';

function isRegularExpression(text: string): boolean {
  try {
    new RegExp(`^(?:${text})$`, 'u');
    return true;
  } catch {
    return false;
  }
}
