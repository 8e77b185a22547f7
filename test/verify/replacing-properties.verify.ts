import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { propertiesThatReplace } from '../../lib/features/common/replacement-digest.ts';
import { pythonTools } from '../support/python-tools.ts';

/** The part of a type's registry schema about replacement. Paths are JSON pointers: `/properties/NAME/…`. */
interface ResourceSchema {
  readonly createOnlyProperties?: readonly string[];
  readonly conditionalCreateOnlyProperties?: readonly string[];
}

test('the replacing properties are those of the registry schemas', () => {
  const folder = schemaFolder();
  const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as unknown;
  const hashes = ['us-east-1', 'eu-west-1'].map(
    (region) => read(`providers/${region}.json`) as Record<string, string>,
  );
  const ofSchemas = Object.keys(propertiesThatReplace).map((type) => {
    const hash = hashes.find((known) => known[type] !== undefined)?.[type];
    const schema = read(`resources/${hash}.json`) as ResourceSchema;
    const pointers = [
      ...(schema.createOnlyProperties ?? []),
      ...(schema.conditionalCreateOnlyProperties ?? []),
    ];
    return [
      type,
      [...new Set(pointers.map((pointer) => pointer.split('/')[2] ?? ''))].sort((one, other) =>
        one < other ? -1 : 1,
      ),
    ];
  });
  expect(propertiesThatReplace).toEqual(Object.fromEntries(ofSchemas));
});

/** The registry schemas of CloudFormation, which cfn-lint includes. */
function schemaFolder(): string {
  const libraries = join(pythonTools(), '../lib');
  const [python = ''] = readdirSync(libraries).filter((name) => name.startsWith('python3'));
  return join(libraries, python, 'site-packages/cfnlint/data/schemas');
}
