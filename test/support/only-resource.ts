import type { Template } from 'aws-cdk-lib/assertions';

/**
 * The properties of the one resource of a type.
 *
 * @throws when there is none, or another.
 */
export function onlyResource(
  template: Template,
  type: string,
): ReturnType<Template['findResources']>[string] {
  const found = Object.entries(template.findResources(type));
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error(`There are ${found.length} of ${type}.`);
  const [id, resource] = only;
  return { id, ...resource['Properties'] };
}
