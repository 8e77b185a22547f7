import { isJsonObject } from '../../runtime/json/json-text.ts';
import type { MappingStep } from './contract.ts';

type Members = Readonly<Record<string, unknown>>;

/** Changes the shape of a JSON value, step by step. Paths that the value lacks are ignored. */
export function map(value: unknown, steps: readonly MappingStep[]): unknown {
  return steps.reduce(mapOne, value);
}

/**
 * The value at a path; undefined when there is none. An array on the way gives an array of its elements'
 * values.
 */
export function at(value: unknown, path: string): unknown {
  return path === '' ? value : find(value, path.split('.'));
}

/** Only the members that the paths name. */
export function pick(value: unknown, paths: readonly string[]): unknown {
  return keep(value, tree(paths));
}

function mapOne(value: unknown, step: MappingStep): unknown {
  if ('target' in step) return at(value, step.target) ?? null;
  if ('pick' in step) return pick(value, step.pick);
  if ('remove' in step) {
    return step.remove.reduce((rest, path) => atParent(rest, path, without), value);
  }
  if ('rename' in step) {
    return Object.entries(step.rename).reduce(
      (rest, [path, name]) => atParent(rest, path, (members, member) => renamed(members, member, name)),
      value,
    );
  }
  if ('group' in step) return group(value, step.group.into, step.group.members);
  return atParent(value, step.flatten, flattened);
}

/** Changes the object that holds the path's last member, or each such object. */
function atParent(
  value: unknown,
  path: string,
  change: (members: Members, member: string) => Members,
): unknown {
  const names = path.split('.');
  const member = names.pop() ?? '';
  const changeAt = (inner: unknown, [name, ...rest]: readonly string[]): unknown => {
    if (Array.isArray(inner))
      return inner.map((element) => changeAt(element, [name, ...rest].filter(isThere)));
    if (!isJsonObject(inner)) return inner;
    if (name === undefined) return Object.hasOwn(inner, member) ? change(inner, member) : inner;
    return Object.hasOwn(inner, name) ? { ...inner, [name]: changeAt(inner[name], rest) } : inner;
  };
  return changeAt(value, names);
}

function without(members: Members, member: string): Members {
  return Object.fromEntries(Object.entries(members).filter(([name]) => name !== member));
}

/** Keeps the place, and replaces another member of the new name. */
function renamed(members: Members, member: string, name: string): Members {
  return Object.fromEntries(
    Object.entries(members)
      .filter(([key]) => key === member || key !== name)
      .map(([key, value]) => [key === member ? name : key, value]),
  );
}

/** The parent's own members take precedence over the lifted ones. */
function flattened(members: Members, member: string): Members {
  const inner = members[member];
  if (Array.isArray(inner)) return { ...members, [member]: inner.flat() };
  return isJsonObject(inner) ? { ...inner, ...without(members, member) } : members;
}

function group(value: unknown, into: string, names: readonly string[] | undefined): unknown {
  if (names === undefined) return { [into]: value };
  if (Array.isArray(value)) return value.map((element) => group(element, into, names));
  if (!isJsonObject(value)) return value;
  const isGrouped = (name: string) => names.includes(name);
  const entries = Object.entries(value);
  return {
    ...Object.fromEntries(entries.filter(([name]) => !isGrouped(name) && name !== into)),
    [into]: Object.fromEntries(entries.filter(([name]) => isGrouped(name))),
  };
}

function find(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return value;
  if (Array.isArray(value)) {
    return value.map((element) => find(element, [name, ...rest])).filter((found) => found !== undefined);
  }
  return isJsonObject(value) && Object.hasOwn(value, name) ? find(value[name], rest) : undefined;
}

interface Tree extends ReadonlyMap<string, Tree> {}

/** A path that continues is narrower than one that ends: `a` and `a.b` are `a`. */
function tree(paths: readonly string[]): Tree {
  const grouped = new Map<string, string[]>();
  for (const path of paths) {
    const [name = '', ...rest] = path.split('.');
    grouped.set(name, [...(grouped.get(name) ?? []), rest.join('.')]);
  }
  return new Map([...grouped].map(([name, rests]) => [name, tree(rests.includes('') ? [] : rests)] as const));
}

function keep(value: unknown, wanted: Tree): unknown {
  if (wanted.size === 0) return value;
  if (Array.isArray(value)) return value.map((element) => keep(element, wanted));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      const below = wanted.get(name);
      return below === undefined ? [] : [[name, keep(inner, below)]];
    }),
  );
}

function isThere(name: string | undefined): name is string {
  return name !== undefined;
}
