import { isRecord } from '../../common/is-record.ts';
import { ResolutionError, resolve, type Scope } from './intrinsics.ts';

/**
 * Values of attributes for which the id of the resource is not sufficient, by `Type.Attribute`; `{id}` stands for the
 * id. `Type.Ref` is the value of `Ref`, when that is not the id. Example:
 * `{ 'AWS::ElasticLoadBalancingV2::LoadBalancer.DNSName': '127.0.0.1:4000' }`.
 */
export type AttributeValues = Readonly<Record<string, string>>;

type Template = Readonly<Record<string, unknown>>;

interface Stack {
  readonly name: string;
  readonly region: string;
  readonly template: Template;
  readonly scope: Scope;
}

/** A placeholder: the local run has no AWS account. */
const localAccount = '000000000000';

/** The stacks of an assembly. They resolve references to parameters, resources and outputs, also of other stacks. */
export class Stacks {
  readonly #attributeValues: AttributeValues;
  readonly #stacks: Stack[] = [];
  readonly #pending = new Set<string>();

  constructor(attributeValues: AttributeValues) {
    this.#attributeValues = attributeValues;
  }

  /** Adds a stack and returns the scope of its intrinsic functions. */
  add(name: string, region: string, template: Template): Scope {
    const scope: Scope = {
      pseudo: (parameter) => pseudoParameters(name, region)[parameter],
      ref: (logicalId) => {
        const resource = section(template, 'Resources')[logicalId];
        if (!isRecord(resource)) return parameterDefault(section(template, 'Parameters')[logicalId]);
        return (
          this.#attributeValue(resource, 'Ref', resourceId(name, logicalId)) ?? resourceId(name, logicalId)
        );
      },
      attribute: (logicalId, attribute) => {
        const resource = section(template, 'Resources')[logicalId];
        if (!isRecord(resource)) return undefined;
        const id = resourceId(name, logicalId);
        const isIdentifier = /(Arn|ARN|Id)$/.test(attribute);
        return this.#attributeValue(resource, attribute, id) ?? (isIdentifier ? id : undefined);
      },
      condition: (condition) => {
        const rule = section(template, 'Conditions')[condition];
        const where = `${name}.Conditions.${condition}`;
        return rule === undefined
          ? undefined
          : this.#withoutCycle(where, () => resolve(rule, scope, where) === true);
      },
      exported: (exportName) => this.#exported(exportName),
      stackOutput: (stackName, outputName, from = region) => {
        const stack = this.#stacks.find((other) => other.name === stackName && other.region === from);
        return stack === undefined ? undefined : this.#output(stack, outputName);
      },
    };
    this.#stacks.push({ name, region, template, scope });
    return scope;
  }

  #attributeValue(resource: Template, attribute: string, id: string): string | undefined {
    return this.#attributeValues[`${String(resource['Type'])}.${attribute}`]?.replaceAll('{id}', id);
  }

  #output(stack: Stack, name: string): unknown {
    const found = section(stack.template, 'Outputs')[name];
    const where = `${stack.name}.Outputs.${name}`;
    if (!isRecord(found)) return undefined;
    return this.#withoutCycle(where, () => resolve(found['Value'], stack.scope, where));
  }

  #exported(exportName: string): unknown {
    for (const stack of this.#stacks) {
      for (const [outputName, declaration] of Object.entries(section(stack.template, 'Outputs'))) {
        const name = isRecord(declaration) ? section(declaration, 'Export')['Name'] : undefined;
        if (name === undefined) continue;
        const where = `${stack.name}.Outputs.${outputName}.Export`;
        if (resolve(name, stack.scope, where) === exportName) return this.#output(stack, outputName);
      }
    }
    return undefined;
  }

  /** Outputs and conditions can refer to each other in a cycle, which CloudFormation refuses too. */
  #withoutCycle<T>(where: string, read: () => T): T {
    if (this.#pending.has(where)) throw new ResolutionError(where, 'refers to itself.');
    this.#pending.add(where);
    try {
      return read();
    } finally {
      this.#pending.delete(where);
    }
  }
}

/** The id of a resource: `<stack name>.<logical id>`. */
export const resourceId = (stackName: string, logicalId: string): string => `${stackName}.${logicalId}`;

/** A section of a document; empty when it is missing. */
export function section(
  document: Readonly<Record<string, unknown>>,
  name: string,
): Readonly<Record<string, unknown>> {
  const found = document[name];
  return isRecord(found) ? found : {};
}

const pseudoParameters = (stackName: string, region: string): Readonly<Record<string, string>> => ({
  'AWS::AccountId': localAccount,
  'AWS::Partition': 'aws',
  'AWS::Region': region,
  'AWS::StackId': stackName,
  'AWS::StackName': stackName,
  'AWS::URLSuffix': 'amazonaws.com',
});

/** The default of a parameter. Parameters of the Parameter Store have no value locally. */
function parameterDefault(parameter: unknown): unknown {
  if (!isRecord(parameter) || String(parameter['Type']).startsWith('AWS::SSM::')) return undefined;
  return parameter['Default'];
}
