import { isRecord } from '../../common/is-record.ts';
/** The names that intrinsic functions of one stack can refer to. Every lookup returns `undefined` for an unknown name. */
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
  /** `Fn::GetStackOutput`; the default region is that of the stack. */
  stackOutput(stackName: string, outputName: string, region: string | undefined): unknown;
}

/** An intrinsic function or reference that the local run cannot resolve, with its place in the template. */
export class ResolutionError extends Error {
  override readonly name = 'ResolutionError';

  constructor(where: string, fault: string) {
    super(`${where}: ${fault}`);
  }
}

/** The value of `AWS::NoValue`: a property or list element with this value is removed. */
export const noValue = Symbol('AWS::NoValue');

/**
 * Resolves every intrinsic function in a value of a template, as CloudFormation does.
 *
 * Dynamic references to Secrets Manager stay in the string; the gateway replaces them later. References to the Parameter
 * Store are refused, because their values exist only in an AWS account.
 *
 * @param where the place of the value in the template, for errors: `<stack>.<logical id>.<property>`.
 * @throws {ResolutionError} for an unknown intrinsic function, reference or attribute.
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

/** The `Condition` of an IAM statement is an object and not an intrinsic function. */
const isIntrinsic = (key: string, argument: unknown) =>
  key === 'Ref' || key.startsWith('Fn::') || (key === 'Condition' && typeof argument === 'string');

function resolveIntrinsic(name: string, argument: unknown, scope: Scope, where: string): unknown {
  const resolver = Object.hasOwn(resolvers, name) ? resolvers[name] : undefined;
  if (resolver === undefined) throw new ResolutionError(where, `the local run does not resolve ${name}.`);
  return resolver(argument, new Arguments(name, scope, where));
}

/** Reads the arguments of one intrinsic function. Each method throws a `ResolutionError` for a wrong argument. */
class Arguments {
  readonly scope: Scope;
  readonly #name: string;
  readonly #where: string;

  constructor(name: string, scope: Scope, where: string) {
    this.#name = name;
    this.scope = scope;
    this.#where = where;
  }

  value(argument: unknown): unknown {
    return resolve(argument, this.scope, this.#where);
  }

  text(argument: unknown): string {
    const result = this.value(argument);
    if (typeof result === 'string') return result;
    if (typeof result === 'number' || typeof result === 'boolean') return String(result);
    return this.#fail(`${this.#name} needs a string, not ${JSON.stringify(result)}.`);
  }

  list(argument: unknown): readonly unknown[] {
    const result = this.value(argument);
    if (Array.isArray(result)) return result;
    return this.#fail(`${this.#name} needs a list, not ${JSON.stringify(result)}.`);
  }

  pair(argument: unknown): readonly [unknown, unknown] {
    if (Array.isArray(argument) && argument.length === 2) return [argument[0], argument[1]];
    return this.#fail(`${this.#name} needs two arguments.`);
  }

  truth(argument: unknown): boolean {
    const result = this.value(argument);
    return typeof result === 'boolean' ? result : this.#fail(`${this.#name} needs conditions.`);
  }

  /** @param description names the value in the error for an unknown one. */
  known(value: unknown, description: string): unknown {
    return value === undefined ? this.#fail(`${description} is not known.`) : value;
  }

  #fail(fault: string): never {
    throw new ResolutionError(this.#where, fault);
  }
}

const resolvers: Readonly<Record<string, (argument: unknown, read: Arguments) => unknown>> = {
  Ref: (argument, read) => {
    const id = String(argument);
    if (id === 'AWS::NoValue') return noValue;
    return read.known(read.scope.pseudo(id) ?? read.scope.ref(id), `Ref ${id}`);
  },
  Condition: (argument, read) =>
    read.known(read.scope.condition(String(argument)), `The condition ${String(argument)}`),
  'Fn::GetAtt': (argument, read) => {
    const [id = '', ...rest] = Array.isArray(argument)
      ? argument.map((part) => read.text(part))
      : String(argument).split('.');
    const name = rest.join('.');
    return read.known(read.scope.attribute(id, name), `The attribute ${id}.${name}`);
  },
  'Fn::Join': (argument, read) => {
    const [separator, items] = read.pair(argument);
    return read
      .list(items)
      .map((item) => read.text(item))
      .join(read.text(separator));
  },
  'Fn::Split': (argument, read) => {
    const [separator, source] = read.pair(argument);
    return read.text(source).split(read.text(separator));
  },
  'Fn::Select': (argument, read) => {
    const [index, items] = read.pair(argument);
    return read.known(read.list(items)[Number(read.text(index))], `Element ${read.text(index)} of the list`);
  },
  'Fn::Sub': (argument, read) => {
    const [template, given] = Array.isArray(argument) ? argument : [argument, {}];
    const variables = isRecord(given) ? given : {};
    return String(template).replace(/\$\{(!?)([^{}]+)\}/g, (_, literal: string, variable: string) => {
      if (literal !== '') return `\${${variable}}`;
      if (variables[variable] !== undefined) return read.text(variables[variable]);
      const [id = '', ...rest] = variable.trim().split('.');
      return read.text(rest.length === 0 ? { Ref: id } : { 'Fn::GetAtt': [id, rest.join('.')] });
    });
  },
  'Fn::If': (argument, read) => {
    const [condition, yes, no] = Array.isArray(argument) ? argument : [];
    return read.value(read.truth({ Condition: condition }) ? yes : no);
  },
  'Fn::Equals': (argument, read) => {
    const [left, right] = read.pair(argument);
    return read.text(left) === read.text(right);
  },
  'Fn::Not': (argument, read) => !read.truth(Array.isArray(argument) ? argument[0] : argument),
  'Fn::And': (argument, read) => Array.isArray(argument) && argument.every((part) => read.truth(part)),
  'Fn::Or': (argument, read) => Array.isArray(argument) && argument.some((part) => read.truth(part)),
  'Fn::ImportValue': (argument, read) =>
    read.known(read.scope.exported(read.text(argument)), `The export ${read.text(argument)}`),
  'Fn::GetStackOutput': (argument, read) => {
    const options = isRecord(argument) ? argument : {};
    const [stackName, outputName] = [read.text(options['StackName']), read.text(options['OutputName'])];
    const region = options['Region'] === undefined ? undefined : read.text(options['Region']);
    return read.known(
      read.scope.stackOutput(stackName, outputName, region),
      `The output ${outputName} of stack ${stackName}${region === undefined ? '' : ` in ${region}`}`,
    );
  },
};

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
