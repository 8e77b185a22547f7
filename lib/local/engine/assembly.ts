import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from '../../common/is-record.ts';
import { noValue, ResolutionError, resolve, type Scope } from './intrinsics.ts';
import { type AttributeValues, resourceId, Stacks, section } from './stacks.ts';

/** A resource of the synthesised templates, with all intrinsic functions resolved. */
export interface Resource {
  /** `<StackName>.<LogicalId>`: the value of `Ref` and of every identifier attribute (Arn, Id, …Arn, …Id). */
  readonly id: string;
  readonly logicalId: string;
  /** The name of its stack. */
  readonly stack: string;
  /** CloudFormation type, such as `AWS::ApiGatewayV2::Route`. */
  readonly type: string;
  /** Each property is resolved when first read; a property with the value `AWS::NoValue` is absent. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** The resources of all stacks of an environment. */
export interface Deployment {
  readonly resources: readonly Resource[];
  ofType(type: string): readonly Resource[];
  /**
   * Finds the resource that a string of a template refers to: the string is its id or contains the id
   * (`integrations/<id>`, an invocation URI). An alias or version of a function refers to the function.
   */
  byReference(reference: string): Resource | undefined;
}

/** A deployment with its assets. */
export interface Assembly extends Deployment {
  /**
   * The folder of an asset, by its key in the assets bucket.
   *
   * @throws {ResolutionError} when the assembly does not contain the asset.
   */
  assetFolder(objectKey: string): string;
  /** AWS services (`DynamoDB`) of the templates for which `ofType` was never called. */
  unemulatedServices(): readonly string[];
}

/**
 * Reads a CDK cloud assembly with its nested stage assemblies, without the CDK.
 *
 * @param folder the output folder of the synthesis, with its `manifest.json`.
 * @throws {ResolutionError} later, when a property is read that holds an unknown intrinsic function or attribute.
 */
export function openAssembly(folder: string, attributeValues: AttributeValues = {}): Assembly {
  const stacks = new Stacks(attributeValues);
  const assets = new Map<string, string>();
  const resources: Resource[] = [];
  for (const [directory, artifactName, artifact] of artifactsIn(folder)) {
    const properties = section(artifact, 'properties');
    if (artifact['type'] === 'cdk:asset-manifest') readAssets(directory, String(properties['file']), assets);
    if (artifact['type'] !== 'aws:cloudformation:stack') continue;
    const { stackName: name = artifactName, templateFile } = properties;
    const template = readJson(join(directory, String(templateFile)));
    const region = String(artifact['environment']).split('/').at(-1) ?? '';
    const scope = stacks.add(String(name), region, template);
    resources.push(...resourcesOf(String(name), template, scope));
  }

  const readTypes = new Set<string>();
  const byId = new Map(resources.map((resource) => [resource.id, resource]));
  const byReference = (reference: string): Resource | undefined => {
    const found = containedIds(reference)
      .map((id) => byId.get(id))
      .find((resource) => resource !== undefined);
    const isFunctionName = found?.type === 'AWS::Lambda::Alias' || found?.type === 'AWS::Lambda::Version';
    return isFunctionName ? byReference(String(found.properties['FunctionName'])) : found;
  };
  return {
    resources,
    ofType: (type) => {
      readTypes.add(type);
      return resources.filter((resource) => resource.type === type);
    },
    byReference,
    unemulatedServices: () => {
      const read = new Set([...readTypes].flatMap(serviceOf));
      const used = new Set(resources.flatMap(({ type }) => serviceOf(type)));
      return [...used].filter((service) => !read.has(service)).sort();
    },
    assetFolder: (objectKey) => {
      const path = assets.get(objectKey);
      if (path === undefined)
        throw new ResolutionError(objectKey, 'the assembly does not contain this asset.');
      return path;
    },
  };
}

type Artifact = readonly [directory: string, name: string, artifact: Readonly<Record<string, unknown>>];

/** The artifacts of an assembly and of its nested assemblies, in the order of their manifests. */
function artifactsIn(directory: string): readonly Artifact[] {
  const artifacts = section(readJson(join(directory, 'manifest.json')), 'artifacts');
  return Object.entries(artifacts).flatMap(([name, artifact]): readonly Artifact[] => {
    if (!isRecord(artifact)) return [];
    if (artifact['type'] !== 'cdk:cloud-assembly') return [[directory, name, artifact]];
    return artifactsIn(join(directory, String(section(artifact, 'properties')['directoryName'])));
  });
}

function resourcesOf(
  stack: string,
  template: Readonly<Record<string, unknown>>,
  scope: Scope,
): readonly Resource[] {
  return Object.entries(section(template, 'Resources')).flatMap(([logicalId, declaration]) => {
    if (!isRecord(declaration)) return [];
    const id = resourceId(stack, logicalId);
    const properties = lazyProperties(section(declaration, 'Properties'), scope, id);
    return [{ id, logicalId, stack, type: String(declaration['Type']), properties }];
  });
}

/** The service of a type: `EC2` for `AWS::EC2::VPC`; none for custom resources. */
const serviceOf = (type: string): string[] =>
  [...type.matchAll(/^AWS::(\w+)::/g)].map(([, name = '']) => name);

/** Every substring of the shape `<stack name>.<logical id>`, from left to right. */
function containedIds(reference: string): string[] {
  return [...reference.matchAll(/\./g)].flatMap(({ index }) => {
    const stack = /[A-Za-z0-9-]+$/.exec(reference.slice(0, index))?.[0];
    const logicalId = /^[A-Za-z0-9]+/.exec(reference.slice(index + 1))?.[0];
    return stack === undefined || logicalId === undefined ? [] : [`${stack}.${logicalId}`];
  });
}

function lazyProperties(
  declared: Readonly<Record<string, unknown>>,
  scope: Scope,
  id: string,
): Readonly<Record<string, unknown>> {
  const properties: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(declared)) {
    const read = () => resolve(value, scope, `${id}.${name}`);
    const mayBeAbsent = isRecord(value) && ('Fn::If' in value || value['Ref'] === 'AWS::NoValue');
    if (mayBeAbsent && read() === noValue) continue;
    Object.defineProperty(properties, name, {
      enumerable: true,
      configurable: true,
      get: () => {
        const resolved = read();
        Object.defineProperty(properties, name, { enumerable: true, value: resolved });
        return resolved;
      },
    });
  }
  return properties;
}

function readAssets(directory: string, file: string, assets: Map<string, string>): void {
  for (const asset of Object.values(section(readJson(join(directory, file)), 'files'))) {
    if (!isRecord(asset)) continue;
    const path = section(asset, 'source')['path'];
    if (typeof path !== 'string') continue;
    for (const destination of Object.values(section(asset, 'destinations'))) {
      if (isRecord(destination)) assets.set(String(destination['objectKey']), join(directory, path));
    }
  }
}

function readJson(path: string): Readonly<Record<string, unknown>> {
  const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
  return isRecord(parsed) ? parsed : {};
}
