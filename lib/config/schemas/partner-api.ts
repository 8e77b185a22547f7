import { z } from 'zod';
import { regionalCertificateArn, trustStore } from './certificates.ts';

const count = z.number({ error: 'Give a whole number.' }).int().min(0, 'Give at least 0.');

/**
 * JSON schema of draft 4, which is what a REST API's models are written in ("Data models for REST APIs", API Gateway
 * guide), in the keywords that say the same to every reader of it.
 */
export type JsonSchema =
  | {
      readonly type: 'object';
      readonly description?: string | undefined;
      readonly properties: Readonly<Record<string, JsonSchema>>;
      readonly required: readonly string[];
      readonly additionalProperties: false;
    }
  | {
      readonly type: 'array';
      readonly description?: string | undefined;
      readonly items: JsonSchema;
      readonly minItems?: number | undefined;
      readonly maxItems: number;
    }
  | {
      readonly type: 'string';
      readonly description?: string | undefined;
      readonly minLength?: number | undefined;
      readonly maxLength?: number | undefined;
      readonly pattern?: string | undefined;
      readonly enum?: readonly string[] | undefined;
    }
  | {
      readonly type: 'integer' | 'number';
      readonly description?: string | undefined;
      readonly minimum?: number | undefined;
      readonly maximum?: number | undefined;
    }
  | { readonly type: 'boolean'; readonly description?: string | undefined };

const description = z.string().optional();

const jsonSchema: z.ZodType<JsonSchema> = z.lazy(() =>
  z.discriminatedUnion(
    'type',
    [
      z.strictObject({
        type: z.literal('object'),
        description,
        properties: z.record(z.string(), jsonSchema),
        required: z.array(z.string(), { error: 'List the members that must be there; [] for none.' }),
        additionalProperties: z.literal(
          false,
          'Say false: a member nobody reads is a mistake of the caller.',
        ),
      }),
      z.strictObject({
        type: z.literal('array'),
        description,
        items: jsonSchema,
        minItems: count.optional(),
        maxItems: count,
      }),
      z.strictObject({
        type: z.literal('string'),
        description,
        minLength: count.optional(),
        maxLength: count.optional(),
        pattern: z.string().optional(),
        enum: z.array(z.string()).min(1, 'Name at least one value.').optional(),
      }),
      z.strictObject({
        type: z.literal(['integer', 'number']),
        description,
        minimum: z.number().optional(),
        maximum: z.number().optional(),
      }),
      z.strictObject({ type: z.literal('boolean'), description }),
    ],
    { error: 'Give a type: "object", "array", "string", "integer", "number" or "boolean".' },
  ),
);

const names = (what: string) => z.array(z.string().min(1, `Name a ${what}.`)).default([]);

/** One endpoint of the partner API: always with an API key, judged by the key's plan. */
export const partnerRoute = z.strictObject({
  /** Who answers: an entry of `services` behind the load balancer. */
  service: z.string(),
  /** The service's own path, with parameters of the route. */
  path: z
    .string()
    .regex(
      /^(\/([A-Za-z0-9._~-]+|\{[A-Za-z][A-Za-z0-9]*\}))+$/,
      'Write the path of the service as "/path/{parameter}".',
    ),
  /** Refused with 400 when it is not there, or empty. */
  requiredQuery: names('query parameter'),
  requiredHeaders: names('header'),
  /** What a JSON body must look like; whatever does not is refused with 400 before the service hears of it. */
  body: jsonSchema.optional(),
  /** Deadline of the integration; a REST API waits 29 s at most. */
  timeoutSeconds: z
    .number()
    .int()
    .min(1, 'Give at least 1 second.')
    .max(29, 'A REST API answers within 29 s: give at most 29 seconds.')
    .default(10),
});

/** Every path begins with the name of the API's stage, which is how callers see it. */
export const partnerRouteKey = z
  .string()
  .regex(
    /^(GET|POST|PUT|PATCH|DELETE) \/partner(\/([A-Za-z0-9._~-]+|\{[A-Za-z][A-Za-z0-9]*\}))+$/,
    'Write a route of the partner API as "METHOD /partner/path/{parameter}".',
  );

/** What an environment says of the partner API. */
export const partnerEnvironment = z.strictObject({
  /**
   * Its API keys, one entry each; AWS makes the value. A key stays in its plan: another plan is another key, and so is
   * a new value.
   */
  keys: z
    .record(
      z
        .string()
        .regex(/^[a-z0-9](-?[a-z0-9]){0,63}$/, 'Name keys by lower-case letters, digits and hyphens.'),
      z.strictObject({ plan: z.string() }),
    )
    .default({}),
  /**
   * A domain of its own, whose callers must show a certificate that one of the trust store's has signed. They come
   * past the edge, straight to the API. Left out, the edge is the only way in.
   */
  mutualTls: z
    .strictObject({
      name: z.hostname({ error: 'Give a host name such as partners.store.example.' }),
      certificateArn: regionalCertificateArn,
      /** Certificates of the authorities as PEM. */
      trustStore,
    })
    .optional(),
});
