import { CloudAssembly } from 'aws-cdk-lib/cx-api';

/** A resource of a template; intrinsic functions are not resolved. */
export interface TemplateResource {
  /** Name of its stack, since logical ids are unique only within a stack. */
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Resources of all stacks in one region, since quotas apply per account and region. */
export interface RegionResources {
  readonly region: string;
  ofType(type: string): readonly TemplateResource[];
}

/** The parts of a stack's template that are read here. */
export interface StackTemplate {
  readonly name: string;
  readonly region: string;
  /** Parameter with the version of the CDK bootstrap stack, and the version that a deployment needs. */
  readonly bootstrap?: { readonly parameter: string; readonly version: number };
  /** Upload location of the template in a deployment: an `s3://` URL with `${AWS::AccountId}`. */
  readonly uploadUrl?: string;
  readonly template: {
    readonly Resources?: Readonly<
      Record<
        string,
        {
          readonly Type: string;
          readonly Properties?: Readonly<Record<string, unknown>>;
          readonly DeletionPolicy?: string;
        }
      >
    >;
  };
}

/** Reads a synthesised assembly with its stages. */
export function readAssembly(folder: string): StackTemplate[] {
  return new CloudAssembly(folder).stacksRecursively.map((stack) => {
    const { bootstrapStackVersionSsmParameter: parameter, requiresBootstrapStackVersion: version } = stack;
    return {
      name: stack.stackName,
      region: stack.environment.region,
      ...(parameter === undefined || version === undefined ? {} : { bootstrap: { parameter, version } }),
      ...(stack.stackTemplateAssetObjectUrl === undefined
        ? {}
        : { uploadUrl: stack.stackTemplateAssetObjectUrl }),
      template: stack.template as StackTemplate['template'],
    };
  });
}

/** Groups stacks by region, in the order of first occurrence. */
export function byRegion(stacks: readonly StackTemplate[]): RegionResources[] {
  const regions = new Map<string, TemplateResource[]>();
  for (const { name: stack, region, template } of stacks) {
    const resources = Object.entries(template.Resources ?? {}).map(
      ([logicalId, { Type: type, Properties: properties = {} }]) => ({ stack, logicalId, type, properties }),
    );
    regions.set(region, [...(regions.get(region) ?? []), ...resources]);
  }
  return [...regions].map(([region, resources]) => ({
    region,
    ofType: (type) => resources.filter((resource) => resource.type === type),
  }));
}

/** A number at a path of properties; 0 if missing or unresolved. */
export function numberAt(value: unknown, ...path: readonly string[]): number {
  const found = valueAt(value, ...path);
  const number = typeof found === 'string' ? Number(found) : found;
  return typeof number === 'number' && Number.isFinite(number) ? number : 0;
}

/** The value at a path of properties. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
    value,
  );
}

/**
 * Whether a value refers to a resource, in its own stack or through an export of another stack. The name of an export
 * contains the logical id of the resource.
 */
export function refersTo(value: unknown, { logicalId }: TemplateResource): boolean {
  return JSON.stringify(value ?? null).includes(logicalId);
}
