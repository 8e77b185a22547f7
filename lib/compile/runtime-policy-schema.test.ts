import { expect, test } from 'vitest';
import { runtimePolicyJsonSchema } from './runtime-policy-schema.ts';

test('the published schema matches the code (`npx vitest run -u` updates it)', async () => {
  const written = `${JSON.stringify(runtimePolicyJsonSchema(), undefined, 2)}\n`;
  await expect(written).toMatchFileSnapshot('../../docs/runtime-policy.schema.json');
});

test('the schema is small enough for an inline validator of AppConfig', () => {
  // https://docs.aws.amazon.com/appconfig/2019-10-09/APIReference/API_Validator.html
  expect(JSON.stringify(runtimePolicyJsonSchema()).length).toBeLessThan(32_768);
});
