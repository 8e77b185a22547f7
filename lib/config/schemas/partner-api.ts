import { z } from 'zod';
import { regionalCertificateArn, trustStore } from './certificates.ts';

const count = z.number({ error: 'Give a whole number.' }).int().min(0, 'Give at least 0.');

/**
 * JSON schema of draft 4, the format of REST API models ("Data models for REST APIs", API Gateway guide), restricted to
 * keywords that every validator interprets alike.
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
        required: z.array(z.string(), { error: 'List the required members; [] for none.' }),
        additionalProperties: z.literal(
          false,
          'Set it to false: an unknown member is a mistake of the caller.',
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

/** One endpoint of the partner API. It requires an API key and applies the usage plan of the key. */
export const partnerRoute = z.strictObject({
  /** Target: an entry of `services` behind the load balancer. */
  service: z.string(),
  /** Path at the service, which can use the parameters of the route. */
  path: z
    .string()
    .regex(
      /^(\/([A-Za-z0-9._~-]+|\{[A-Za-z][A-Za-z0-9]*\}))+$/,
      'Write the path of the service as "/path/{parameter}".',
    ),
  /** Query parameters whose absence or empty value is refused with 400. */
  requiredQuery: names('query parameter'),
  requiredHeaders: names('header'),
  /** Schema of a JSON body. API Gateway refuses other bodies with 400 before it calls the service. */
  body: jsonSchema.optional(),
  /** Timeout of the integration; at most 29 s for a REST API. */
  timeoutSeconds: z
    .number()
    .int()
    .min(1, 'Give at least 1 second.')
    .max(29, 'A REST API answers within 29 s: give at most 29 seconds.')
    .default(10),
});

/** Route key. Each path begins with the name of the API's stage, `/partner`, as callers see it. */
export const partnerRouteKey = z
  .string()
  .regex(
    /^(GET|POST|PUT|PATCH|DELETE) \/partner(\/([A-Za-z0-9._~-]+|\{[A-Za-z][A-Za-z0-9]*\}))+$/,
    'Write a route of the partner API as "METHOD /partner/path/{parameter}".',
  );

/** Partner API settings of an environment. */
export const partnerEnvironment = z.strictObject({
  /**
   * API keys, one entry each; AWS generates the value. A key keeps its plan: to change the plan or the value, add
   * another key.
   */
  keys: z
    .record(
      z
        .string()
        .regex(/^[a-z0-9](-?[a-z0-9]){0,63}$/, 'Name keys with lower-case letters, digits and hyphens.'),
      z.strictObject({ plan: z.string() }),
    )
    .default({}),
  /**
   * A dedicated domain that requires a client certificate signed by an authority in the trust store. Its callers bypass
   * the edge and reach the API directly. Without it, all calls come through the edge.
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
