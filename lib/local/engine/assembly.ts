import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord, noValue, ResolutionError, resolve, type Scope } from './intrinsics.ts';

/** A resource of the synthesised templates, with every intrinsic resolved. */
export interface Resource {
  /** `<StackName>.<LogicalId>`: what `Ref` and every identifier attribute (Arn, Id, …Arn, …Id) resolve to. */
  readonly id: string;
  readonly logicalId: string;
  /** Name of the stack that owns it. */
  readonly stack: string;
  /** CloudFormation type, such as `AWS::ApiGatewayV2::Route`. */
  readonly type: string;
  /** Each property is resolved when first read; those that are `AWS::NoValue` are absent. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** All stacks of one environment, as the templates describe them. */
export interface Deployment {
  readonly resources: readonly Resource[];
  ofType(type: string): readonly Resource[];
  /**
   * The resource that a string of a template points at: its id, or a longer string that contains it
   * (`integrations/<id>`, an invocation URI). An alias or version of a function leads to its function.
   */
  byReference(reference: string): Resource | undefined;
}

/** A deployment with the files that belong to it. */
export interface Assembly extends Deployment {
  /**
   * Folder of the asset that a template names by its key in the assets bucket.
   *
   * @throws {ResolutionError} when the assembly holds no such asset.
   */
  assetFolder(objectKey: string): string;
  /** AWS services (`DynamoDB`) that the templates use and of which nobody has asked for any type by `ofType`. */
  unemulatedServices(): readonly string[];
}

/**
 * Values of attributes that the resource's id alone would not do for, by `Type.Attribute`; `{id}` stands for the id.
 * `Type.Ref` is what `Ref` gives, where that is not the id. Example:
 * `{ 'AWS::ElasticLoadBalancingV2::LoadBalancer.DNSName': '127.0.0.1:4000' }`.
 */
export type AttributeValues = Readonly<Record<string, string>>;

interface Stack {
  readonly name: string;
  readonly region: string;
  readonly template: Readonly<Record<string, unknown>>;
  readonly scope: Scope;
}

/** Twelve digits are all that templates ask of an account id that nobody has. */
const localAccount = '000000000000';

/**
 * Reads a CDK cloud assembly, nested stage assemblies included, without the CDK.
 *
 * @param folder the synthesis' output folder, with its `manifest.json`.
 * @throws {ResolutionError} later, when a property is read that holds an intrinsic or attribute that is not known.
 */
export function openAssembly(folder: string, attributeValues: AttributeValues = {}): Assembly {
  const stacks: Stack[] = [];
  const assets = new Map<string, string>();
  const resources: Resource[] = [];
  const underWay = new Set<string>();

  /** Outputs and conditions may refer to each other in a circle, which CloudFormation refuses too. */
  const once = <T>(where: string, read: () => T): T => {
    if (underWay.has(where)) throw new ResolutionError(where, 'refers to itself.');
    underWay.add(where);
    try {
      return read();
    } finally {
      underWay.delete(where);
    }
  };

  const output = (stack: Stack, name: string): unknown => {
    const found = section(stack.template, 'Outputs')[name];
    const where = `${stack.name}.Outputs.${name}`;
    return isRecord(found) ? once(where, () => resolve(found['Value'], stack.scope, where)) : undefined;
  };

  const addStack = (name: string, region: string, template: Readonly<Record<string, unknown>>): void => {
    const declared = section(template, 'Resources');
    const id = (logicalId: string) => `${name}.${logicalId}`;
    const scope: Scope = {
      pseudo: (pseudo) => pseudoParameters(name, region)[pseudo],
      ref: (logicalId) => {
        const resource = declared[logicalId];
        if (!isRecord(resource)) return parameterDefault(section(template, 'Parameters')[logicalId]);
        const value = attributeValues[`${String(resource['Type'])}.Ref`];
        return value?.replaceAll('{id}', id(logicalId)) ?? id(logicalId);
      },
      attribute: (logicalId, attribute) => {
        const resource = declared[logicalId];
        if (!isRecord(resource)) return undefined;
        const value = attributeValues[`${String(resource['Type'])}.${attribute}`];
        if (value !== undefined) return value.replaceAll('{id}', id(logicalId));
        return /(Arn|ARN|Id)$/.test(attribute) ? id(logicalId) : undefined;
      },
      condition: (condition) => {
        const rule = section(template, 'Conditions')[condition];
        const where = `${name}.Conditions.${condition}`;
        return rule === undefined ? undefined : once(where, () => resolve(rule, scope, where) === true);
      },
      exported: (wanted) => {
        for (const stack of stacks) {
          for (const [outputName, declaration] of Object.entries(section(stack.template, 'Outputs'))) {
            const name = isRecord(declaration) ? section(declaration, 'Export')['Name'] : undefined;
            if (name === undefined) continue;
            const where = `${stack.name}.Outputs.${outputName}.Export`;
            if (resolve(name, stack.scope, where) === wanted) return output(stack, outputName);
          }
        }
        return undefined;
      },
      stackOutput: (stackName, outputName, from = region) => {
        const stack = stacks.find((candidate) => candidate.name === stackName && candidate.region === from);
        return stack === undefined ? undefined : output(stack, outputName);
      },
    };
    stacks.push({ name, region, template, scope });
    for (const [logicalId, declaration] of Object.entries(declared)) {
      if (!isRecord(declaration)) continue;
      resources.push({
        id: id(logicalId),
        logicalId,
        stack: name,
        type: String(declaration['Type']),
        properties: lazyProperties(section(declaration, 'Properties'), scope, id(logicalId)),
      });
    }
  };

  const readFolder = (directory: string): void => {
    for (const [artifactName, artifact] of Object.entries(
      section(readJson(join(directory, 'manifest.json')), 'artifacts'),
    )) {
      if (!isRecord(artifact)) continue;
      const properties = section(artifact, 'properties');
      switch (artifact['type']) {
        case 'cdk:cloud-assembly':
          readFolder(join(directory, String(properties['directoryName'])));
          break;
        case 'cdk:asset-manifest':
          readAssets(directory, String(properties['file']), assets);
          break;
        case 'aws:cloudformation:stack':
          addStack(
            typeof properties['stackName'] === 'string' ? properties['stackName'] : artifactName,
            String(artifact['environment']).split('/').at(-1) ?? '',
            readJson(join(directory, String(properties['templateFile']))),
          );
          break;
        default: // The construct tree and reports say nothing that a deployment needs.
      }
    }
  };
  readFolder(folder);

  const readTypes = new Set<string>();
  const byId = new Map(resources.map((resource) => [resource.id, resource]));
  const byReference = (reference: string): Resource | undefined => {
    const found = containedIds(reference)
      .map((id) => byId.get(id))
      .find((resource) => resource !== undefined);
    const isName = found?.type === 'AWS::Lambda::Alias' || found?.type === 'AWS::Lambda::Version';
    return isName ? byReference(String(found.properties['FunctionName'])) : found;
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
      if (path === undefined) throw new ResolutionError(objectKey, 'the assembly holds no such asset.');
      return path;
    },
  };
}

const pseudoParameters = (stackName: string, region: string): Readonly<Record<string, string>> => ({
  'AWS::AccountId': localAccount,
  'AWS::Partition': 'aws',
  'AWS::Region': region,
  'AWS::StackId': stackName,
  'AWS::StackName': stackName,
  'AWS::URLSuffix': 'amazonaws.com',
});

/** `AWS::EC2::VPC` is of EC2; custom resources are of nobody. */
const serviceOf = (type: string): string[] =>
  [...type.matchAll(/^AWS::(\w+)::/g)].map(([, name = '']) => name);

/** Parameters whose value is kept in the Parameter Store have none here. */
function parameterDefault(parameter: unknown): unknown {
  if (!isRecord(parameter) || String(parameter['Type']).startsWith('AWS::SSM::')) return undefined;
  return parameter['Default'];
}

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

function section(
  document: Readonly<Record<string, unknown>>,
  name: string,
): Readonly<Record<string, unknown>> {
  const found = document[name];
  return isRecord(found) ? found : {};
}
