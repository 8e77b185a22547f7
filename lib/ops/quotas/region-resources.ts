import { CloudAssembly } from 'aws-cdk-lib/cx-api';

/** A resource as its template has it: intrinsic functions are not resolved. */
export interface TemplateResource {
  /** Name of its stack: logical ids repeat from stack to stack. */
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What all stacks of one region make together. Quotas are counted by account and region. */
export interface RegionResources {
  readonly region: string;
  ofType(type: string): readonly TemplateResource[];
}

/** Template of a stack, as far as it is read here. */
export interface StackTemplate {
  readonly name: string;
  readonly region: string;
  /** The parameter with the version of the CDK's bootstrap stack, and the version that a deployment needs. */
  readonly bootstrap?: { readonly parameter: string; readonly version: number };
  /** Where a deployment uploads the template: an `s3://` URL with `${AWS::AccountId}` in it. */
  readonly uploadUrl?: string;
  readonly template: {
    readonly Resources?: Readonly<
      Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
    >;
  };
}

/** Reads a synthesised assembly, stages included. */
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

/** Puts together what lies in the same region, in the order in which regions come. */
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

/** A number at a path of properties; a missing or unresolved one counts as nothing. */
export function numberAt(value: unknown, ...path: readonly string[]): number {
  const found = valueAt(value, ...path);
  const number = typeof found === 'string' ? Number(found) : found;
  return typeof number === 'number' && Number.isFinite(number) ? number : 0;
}

/** Whatever is at a path of properties. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
    value,
  );
}

/**
 * Whether a value refers to a resource, of its own stack or, by an output, of another: the names of outputs contain
 * the logical id of what they publish.
 */
export function refersTo(value: unknown, { logicalId }: TemplateResource): boolean {
  return JSON.stringify(value ?? null).includes(logicalId);
}
