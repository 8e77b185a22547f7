import { describe, expect, test } from 'vitest';
import { format } from '../support/format-json.ts';
import { environmentNames, stackNames, synthesised, type Template } from '../support/synth.ts';

/**
 * Digests follow the code that they are of; what the template says of it does not. Outputs that the CDK makes for other
 * stacks come in an order that depends on what the process has synthesised before.
 */
function normalised(template: Template): string {
  const outputs = Object.fromEntries(
    Object.entries(template['Outputs'] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  return format({ ...template, Outputs: outputs }).replaceAll(/\b[0-9a-f]{64}\b/g, '<sha256>');
}

describe.each(environmentNames)('the templates of %s', (environment) => {
  test.each(stackNames)('%s is as reviewed', async (stack) => {
    const text = normalised(synthesised(environment).templates[stack]);
    // A path of this machine would differ in every other checkout.
    expect(text).not.toContain(process.cwd());
    expect(text).not.toContain('/tmp/');
    await expect(text).toMatchFileSnapshot(`../snapshots/${environment}/${stack.toLowerCase()}.json`);
  });

  test.each(stackNames)('%s is within the limits of CloudFormation', (stack) => {
    const template = synthesised(environment).templates[stack];
    // "CloudFormation quotas": 500 resources, 1 MB, 200 outputs.
    expect(Object.keys(template.Resources).length).toBeLessThanOrEqual(500);
    expect(Buffer.byteLength(JSON.stringify(template))).toBeLessThan(1_000_000);
    expect(Object.keys(template['Outputs'] ?? {}).length).toBeLessThanOrEqual(200);
  });
});
