import type { Template } from 'aws-cdk-lib/assertions';

/**
 * The properties of the only resource of a type.
 *
 * @throws If the number of such resources is not one.
 */
export function onlyResource(
  template: Template,
  type: string,
): ReturnType<Template['findResources']>[string] {
  const found = Object.entries(template.findResources(type));
  const [only] = found;
  if (only === undefined || found.length > 1)
    throw new Error(`The template has ${found.length} resources of type ${type}. Exactly one is expected.`);
  const [id, resource] = only;
  return { id, ...resource['Properties'] };
}
