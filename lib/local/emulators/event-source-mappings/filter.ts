import { isRecord } from '../../../common/is-record.ts';
import { parseRecord } from '../../../common/parse-record.ts';

/** A compiled filter of an event source mapping. */
export interface Filter {
  /** @param data a record whose body or value is parsed when it is JSON. */
  matches(data: Readonly<Record<string, unknown>>): boolean;
}

type Rule = (value: unknown) => boolean;

/**
 * Compiles a pattern by the rules of
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax.
 *
 * @param text the JSON of the template.
 * @throws {Error} when the pattern is invalid or uses an operator that is not emulated; the message names it.
 */
export function compileFilter(text: string): Filter {
  const pattern: unknown = JSON.parse(text);
  if (!isRecord(pattern)) throw new Error('A filter pattern must be a JSON object.');
  return { matches: objectRule(pattern, '') };
}

function objectRule(pattern: Readonly<Record<string, unknown>>, path: string): Rule {
  const rules = Object.entries(pattern).map(([key, inner]): Rule => {
    const where = path === '' ? key : `${path}.${key}`;
    if (key === '$or') {
      if (!Array.isArray(inner) || !inner.every(isRecord))
        throw new Error(`${where} must be a list of patterns.`);
      const alternatives = inner.map((each) => objectRule(each, where));
      return (value) => alternatives.some((matches) => matches(value));
    }
    const rule = isRecord(inner) ? objectRule(inner, where) : valuesRule(inner, where);
    return (value) => rule(isRecord(value) ? value[key] : undefined);
  });
  return (value) => rules.every((matches) => matches(value));
}

/** Matches when any value of the list matches; for a list, when any of its elements matches. */
function valuesRule(inner: unknown, where: string): Rule {
  if (!Array.isArray(inner)) throw new Error(`${where} must be a list or an object.`);
  const rules = inner.map((each) => valueRule(each, where));
  return (value) =>
    Array.isArray(value)
      ? value.some((element) => rules.some((matches) => matches(element)))
      : rules.some((matches) => matches(value));
}

function valueRule(wanted: unknown, where: string): Rule {
  if (!isRecord(wanted)) return (value) => value === wanted;
  const [[operator, operand] = ['', undefined], ...more] = Object.entries(wanted);
  const compile = more.length === 0 ? operators[operator] : undefined;
  const rule = compile?.(operand);
  if (rule === undefined) throw new Error(`${where}: ${JSON.stringify(wanted)} is not emulated.`);
  return rule;
}

/** The operators by name; each returns undefined for an invalid operand. */
const operators: Readonly<Record<string, (operand: unknown) => Rule | undefined>> = {
  exists: (operand) =>
    typeof operand === 'boolean' ? (value) => (value !== undefined) === operand : undefined,
  prefix: ofText((operand) => (value) => value.startsWith(operand)),
  suffix: ofText((operand) => (value) => value.endsWith(operand)),
  'equals-ignore-case': ofText((operand) => (value) => value.toLowerCase() === operand.toLowerCase()),
  'anything-but': (operand) => {
    const unwanted: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
    const simple = unwanted.every((each) => typeof each === 'string' || typeof each === 'number');
    const excluded = new Set(unwanted);
    return simple ? (value) => value !== undefined && !excluded.has(value) : undefined;
  },
  numeric: (operand) => {
    if (!Array.isArray(operand) || operand.length === 0 || operand.length % 2 !== 0) return undefined;
    const bounds: Rule[] = [];
    for (let index = 0; index < operand.length; index += 2) {
      const compare = comparisons[String(operand[index])];
      const bound: unknown = operand[index + 1];
      if (compare === undefined || typeof bound !== 'number') return undefined;
      bounds.push((value) => typeof value === 'number' && compare(value, bound));
    }
    return (value) => bounds.every((matches) => matches(value));
  },
};

const comparisons: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

function ofText(
  rule: (operand: string) => (value: string) => boolean,
): (operand: unknown) => Rule | undefined {
  return (operand) => {
    if (typeof operand !== 'string') return undefined;
    const matches = rule(operand);
    return (value) => typeof value === 'string' && matches(value);
  };
}

/** Parses a body or value for filters: an object when the text is a JSON object, otherwise the text. */
export function filteredText(text: string): unknown {
  return parseRecord(text) ?? text;
}
