/** What one stack's intrinsic functions may refer to. Every lookup is by logical id and `undefined` when unknown. */
export interface Scope {
  /** Pseudo parameters (`AWS::Region` …) except `AWS::NoValue`. */
  pseudo(name: string): string | undefined;
  /** `Ref` of a resource or parameter. */
  ref(logicalId: string): unknown;
  /** `Fn::GetAtt` of a resource. */
  attribute(logicalId: string, name: string): unknown;
  condition(name: string): boolean | undefined;
  /** `Fn::ImportValue`. */
  exported(name: string): unknown;
  /** `Fn::GetStackOutput`; the region is the asking stack's own when not given. */
  stackOutput(stackName: string, outputName: string, region: string | undefined): unknown;
}

/** An intrinsic or reference that the local run cannot resolve, with the place where the template has it. */
export class ResolutionError extends Error {
  override readonly name = 'ResolutionError';

  constructor(where: string, fault: string) {
    super(`${where}: ${fault}`);
  }
}

/** What `AWS::NoValue` resolves to: the property or list element that holds it is left out. */
export const noValue = Symbol('AWS::NoValue');

/**
 * Resolves every intrinsic of a template's value, as CloudFormation does.
 *
 * Dynamic references to Secrets Manager stay in the string, as CloudFormation keeps them out of the template too;
 * those to the Parameter Store are refused, because only an account knows their values.
 *
 * @param where the value's place in the template, for errors: `<stack>.<logical id>.<property>`.
 * @throws {ResolutionError} on an intrinsic, reference or attribute that is not known.
 */
export function resolve(value: unknown, scope: Scope, where: string): unknown {
  if (typeof value === 'string') return checkDynamicReferences(value, where);
  if (Array.isArray(value)) {
    return value
      .map((item, index) => resolve(item, scope, `${where}[${index}]`))
      .filter((item) => item !== noValue);
  }
  if (!isRecord(value)) return value;
  const [first, ...others] = Object.entries(value);
  if (first !== undefined && others.length === 0 && isIntrinsic(...first)) {
    return resolveIntrinsic(first[0], first[1], scope, where);
  }
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, resolve(inner, scope, `${where}.${key}`)] as const)
      .filter(([, inner]) => inner !== noValue),
  );
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** IAM statements have a `Condition` too, but theirs is an object. */
const isIntrinsic = (key: string, argument: unknown) =>
  key === 'Ref' || key.startsWith('Fn::') || (key === 'Condition' && typeof argument === 'string');

function resolveIntrinsic(name: string, argument: unknown, scope: Scope, where: string): unknown {
  const fail = (fault: string): never => {
    throw new ResolutionError(where, fault);
  };
  const known = (found: unknown, what: string) =>
    found === undefined ? fail(`${what} is not known.`) : found;
  const text = (inner: unknown): string => {
    const result = resolve(inner, scope, where);
    if (typeof result === 'string') return result;
    if (typeof result === 'number' || typeof result === 'boolean') return String(result);
    return fail(`${name} needs a string, not ${JSON.stringify(result)}.`);
  };
  const list = (inner: unknown): readonly unknown[] => {
    const result = resolve(inner, scope, where);
    return Array.isArray(result) ? result : fail(`${name} needs a list, not ${JSON.stringify(result)}.`);
  };
  const pair = (): readonly [unknown, unknown] =>
    Array.isArray(argument) && argument.length === 2
      ? [argument[0], argument[1]]
      : fail(`${name} needs two arguments.`);
  const truth = (inner: unknown): boolean => {
    const result = resolve(inner, scope, where);
    return typeof result === 'boolean' ? result : fail(`${name} needs conditions.`);
  };
  const ref = (id: string): unknown =>
    id === 'AWS::NoValue' ? noValue : known(scope.pseudo(id) ?? scope.ref(id), `Ref ${id}`);
  const attribute = (id: string, attributeName: string): unknown =>
    known(scope.attribute(id, attributeName), `The attribute ${id}.${attributeName}`);

  switch (name) {
    case 'Ref':
      return ref(String(argument));
    case 'Condition':
      return known(scope.condition(String(argument)), `The condition ${String(argument)}`);
    case 'Fn::GetAtt': {
      const [id = '', ...rest] = Array.isArray(argument) ? argument.map(text) : String(argument).split('.');
      return attribute(id, rest.join('.'));
    }
    case 'Fn::Join': {
      const [separator, items] = pair();
      return list(items).map(text).join(text(separator));
    }
    case 'Fn::Split': {
      const [separator, source] = pair();
      return text(source).split(text(separator));
    }
    case 'Fn::Select': {
      const [index, items] = pair();
      return known(list(items)[Number(text(index))], `Element ${text(index)} of the list`);
    }
    case 'Fn::Sub': {
      const [template, given] = Array.isArray(argument) ? argument : [argument, {}];
      const variables = isRecord(given) ? given : {};
      return String(template).replace(/\$\{(!?)([^{}]+)\}/g, (_, literal: string, variable: string) => {
        if (literal !== '') return `\${${variable}}`;
        if (variables[variable] !== undefined) return text(variables[variable]);
        const [id = '', ...rest] = variable.trim().split('.');
        return text(rest.length === 0 ? { Ref: id } : { 'Fn::GetAtt': [id, rest.join('.')] });
      });
    }
    case 'Fn::If': {
      const [condition, yes, no] = Array.isArray(argument) ? argument : [];
      return resolve(truth({ Condition: condition }) ? yes : no, scope, where);
    }
    case 'Fn::Equals': {
      const [left, right] = pair();
      return text(left) === text(right);
    }
    case 'Fn::Not':
      return !truth(Array.isArray(argument) ? argument[0] : argument);
    case 'Fn::And':
      return Array.isArray(argument) && argument.every(truth);
    case 'Fn::Or':
      return Array.isArray(argument) && argument.some(truth);
    case 'Fn::ImportValue':
      return known(scope.exported(text(argument)), `The export ${text(argument)}`);
    case 'Fn::GetStackOutput': {
      const options = isRecord(argument) ? argument : {};
      const [stackName, outputName] = [text(options['StackName']), text(options['OutputName'])];
      const region = options['Region'] === undefined ? undefined : text(options['Region']);
      return known(
        scope.stackOutput(stackName, outputName, region),
        `The output ${outputName} of stack ${stackName}${region === undefined ? '' : ` in ${region}`}`,
      );
    }
    default:
      return fail(`the local run does not resolve ${name}.`);
  }
}

function checkDynamicReferences(value: string, where: string): string {
  const service = /\{\{resolve:(?!secretsmanager:)([a-z-]+):/.exec(value)?.[1];
  if (service !== undefined) {
    throw new ResolutionError(
      where,
      `the local run does not resolve dynamic references to ${service}; put the value into the environment instead.`,
    );
  }
  return value;
}
