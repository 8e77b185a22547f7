import { z } from 'zod';
import type { Deployment, Resource } from './assembly.ts';
import type { UnsupportedFeatures } from './unsupported.ts';

/** The emulated and the ignored properties of a CloudFormation type. Any other property is refused. */
export interface ResourceType<Shape extends z.ZodRawShape = z.ZodRawShape> {
  readonly type: string;
  readonly emulated: Shape;
  /** Properties without effect in the local run, each with the reason. */
  readonly ignored: Readonly<Record<string, string>>;
}

/** A resource with its validated properties. */
export interface Emulated<Shape extends z.ZodRawShape> {
  readonly resource: Resource;
  readonly properties: z.output<z.ZodObject<Shape>>;
}

export function resourceType<Shape extends z.ZodRawShape>(type: ResourceType<Shape>): ResourceType<Shape> {
  return type;
}

/** A nested object with its emulated properties and the names of ignored ones. */
export function nested<Shape extends z.ZodRawShape>(
  emulated: Shape,
  ignored: readonly string[] = [],
): z.ZodType<z.output<z.ZodObject<Shape>>> {
  const past = Object.fromEntries(ignored.map((name) => [name, z.unknown().optional()]));
  return z.strictObject({ ...emulated, ...past }) as unknown as z.ZodType<z.output<z.ZodObject<Shape>>>;
}

/** CloudFormation also accepts numbers and booleans as strings. */
export const number = z.preprocess(
  (value) => (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value),
  z.number(),
);
export const boolean = z.preprocess(
  (value) => (value === 'true' ? true : value === 'false' ? false : value),
  z.boolean(),
);

/** The `Key` and `Value` pairs of some resources. */
export const attributes = z.array(z.strictObject({ Key: z.string(), Value: z.string() }));

/** Reads the resources of a type. Resources with invalid or unsupported properties are left out and reported. */
export function readResources<Shape extends z.ZodRawShape>(
  deployment: Deployment,
  type: ResourceType<Shape>,
  findings: UnsupportedFeatures,
): Emulated<Shape>[] {
  const schema = z.strictObject(type.emulated);
  return deployment.ofType(type.type).flatMap((resource) => {
    const read = readProperties(resource, type.ignored, findings);
    const parsed = schema.safeParse(read);
    if (parsed.success) return [{ resource, properties: parsed.data }];
    for (const issue of parsed.error.issues) addIssue(resource, issue, read, findings);
    return [];
  });
}

function readProperties(
  resource: Resource,
  ignored: Readonly<Record<string, string>>,
  findings: UnsupportedFeatures,
): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const name of Object.keys(resource.properties)) {
    if (name in ignored) continue;
    try {
      read[name] = resource.properties[name];
    } catch (error) {
      findings.add(resource, name, error instanceof Error ? error.message : String(error));
    }
  }
  return read;
}

function addIssue(
  resource: Resource,
  issue: z.core.$ZodIssue,
  read: unknown,
  findings: UnsupportedFeatures,
): void {
  const path = pathText(issue.path);
  const actual = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    read,
  );
  switch (issue.code) {
    case 'unrecognized_keys':
      for (const key of issue.keys)
        findings.add(resource, pathText([...issue.path, key]), 'is not emulated.');
      return;
    case 'invalid_value':
      findings.add(
        resource,
        path,
        `${JSON.stringify(actual)} is not emulated, only ${issue.values.map((value) => JSON.stringify(value)).join(', ')}.`,
      );
      return;
    case 'invalid_type':
      findings.add(
        resource,
        path,
        actual === undefined ? 'is required but missing.' : `is not a ${issue.expected}.`,
      );
      return;
    default:
      findings.add(resource, path, issue.message);
  }
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}
