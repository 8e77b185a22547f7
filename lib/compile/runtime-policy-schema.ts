import * as z from 'zod/mini';
import { runtimePolicySchema } from '../../runtime/policy/runtime-policy.ts';

/**
 * JSON schema of the runtime policy. It is of draft 4, the only version that AppConfig validates
 * (https://docs.aws.amazon.com/appconfig/latest/userguide/appconfig-creating-configuration-and-profile-validators.html).
 */
export function runtimePolicyJsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(runtimePolicySchema, {
    target: 'draft-4',
    io: 'input',
    // Draft 4 has no `propertyNames`, so names of entries are patterns.
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema instanceof z.ZodMiniRecord) {
        const { pattern = '' } = z.toJSONSchema(zodSchema.def.keyType);
        jsonSchema.patternProperties = { [pattern]: jsonSchema.additionalProperties ?? {} };
        jsonSchema.additionalProperties = false;
      }
    },
  });
  return {
    ...schema,
    title: 'Gatehouse runtime policy',
    description:
      'Settings that operators change while the gateway runs. An entry replaces the entry of the same name in the catalogue.',
  };
}
