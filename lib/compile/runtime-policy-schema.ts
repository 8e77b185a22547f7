import * as z from 'zod/mini';
import { runtimePolicySchema } from '../../runtime/policy/runtime-policy.ts';

/**
 * The runtime policy's published JSON schema. Draft 4, since AppConfig validates by no other
 * (https://docs.aws.amazon.com/appconfig/latest/userguide/appconfig-creating-configuration-and-profile-validators.html).
 */
export function runtimePolicyJsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(runtimePolicySchema, {
    target: 'draft-4',
    io: 'input',
    // Draft 4 knows no `propertyNames`; the names of entries are patterns there.
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
      'What operators change while the gateway runs. An entry replaces the one of that name in the catalogue.',
  };
}
