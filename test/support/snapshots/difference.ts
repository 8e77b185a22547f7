import { isDeepStrictEqual } from 'node:util';
import { commonPairs } from './common-pairs.ts';
import { isList, isMap, type NodeMap, Tagged, type TemplateNode } from './template-node.ts';

/**
 * What turns one node into another, by JSON pointer (RFC 6901). Only `to` is an addition, only `from` a removal. `from`
 * is for the reader: where it is long, a caption stands for it. The last step of a pointer into a list may be a range
 * `first:end` of its items, which the items of `to` replace.
 */
export type Difference = { readonly [pointer: string]: Change };
export interface Change {
  readonly from?: TemplateNode;
  readonly to?: TemplateNode;
}

export function differenceOf(from: TemplateNode, to: TemplateNode): Difference {
  return Object.fromEntries(changesOf(from, to, { pointer: '', inText: false }));
}

/** The node that {@link differenceOf} compared with `from`. */
export function changed(from: TemplateNode, difference: Difference): TemplateNode {
  const steps = Object.entries(difference).map(([pointer, { to }]) => ({
    steps: pointer.split('/').slice(1).map(unescaped),
    to,
  }));
  return applied(from, steps) ?? null;
}

// RFC 6901, section 3.
const escaped = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1');
const unescaped = (step: string) => step.replaceAll('~1', '/').replaceAll('~0', '~');

type PointerChange = readonly [pointer: string, change: Change];

/** Where in a template, and whether it is in a text, in which the order of keys counts. */
interface Place {
  readonly pointer: string;
  readonly inText: boolean;
}

const inner = ({ pointer, inText }: Place, step: string): Place => ({
  pointer: `${pointer}/${step}`,
  inText,
});

function changesOf(from: TemplateNode, to: TemplateNode, place: Place): PointerChange[] {
  if (isMap(from) && isMap(to)) return changesOfMap(from, to, place);
  if (isList(from) && isList(to)) return changesOfList(from, to, place);
  if (from instanceof Tagged && to instanceof Tagged && from.tag === to.tag) {
    const within = from.tag === 'Json' ? { ...place, inText: true } : place;
    if (isMap(from.value) && isMap(to.value)) return changesOfMap(from.value, to.value, within);
    if (isList(from.value) && isList(to.value)) return changesOfList(from.value, to.value, within);
  }
  return isDeepStrictEqual(from, to) ? [] : [[place.pointer, { from: caption(from), to }]];
}

function changesOfMap(from: NodeMap, to: NodeMap, place: Place): PointerChange[] {
  const added = Object.keys(to).filter((key) => !Object.hasOwn(from, key));
  const keys = [...Object.keys(from), ...added];
  if (place.inText) {
    const kept = keys.filter((key) => Object.hasOwn(to, key));
    const order = Object.keys(Object.fromEntries(kept.map((key) => [key, 0])));
    if (!isDeepStrictEqual(order, Object.keys(to))) return [[place.pointer, { from: caption(from), to }]];
  }
  return keys.flatMap((key): PointerChange[] => {
    const at = inner(place, escaped(key));
    const [before, after] = [own(from, key), own(to, key)];
    if (before === undefined) return after === undefined ? [] : [[at.pointer, { to: after }]];
    return after === undefined ? [[at.pointer, { from: caption(before) }]] : changesOf(before, after, at);
  });
}

const own = (map: NodeMap, key: string) => (Object.hasOwn(map, key) ? map[key] : undefined);

type NodeList = readonly TemplateNode[];

/** Items of one list and those of another at the same place, from an index of the first list on. */
interface Segment {
  readonly first: number;
  readonly from: NodeList;
  readonly to: NodeList;
  /** Whether it is one item and its equal. */
  readonly isPair: boolean;
}

/** Equal items first, then between them items of one name, such as a rule of a firewall whose priority changed. */
function changesOfList(from: NodeList, to: NodeList, place: Place): PointerChange[] {
  return segments({ first: 0, from, to, isPair: false }, JSON.stringify)
    .filter(({ isPair }) => !isPair)
    .flatMap((gap) => segments(gap, nameOf))
    .flatMap((segment) => changesOfSegment(segment, place));
}

function changesOfSegment({ first, from, to, isPair }: Segment, place: Place): PointerChange[] {
  if (isPair || (from.length === to.length && from.every((item) => nameOf(item) === undefined)))
    return from.flatMap((item, index) =>
      changesOf(item, to[index] ?? null, inner(place, String(first + index))),
    );
  const removed = from.length > 0 ? { from: caption(from) } : {};
  const added = to.length > 0 ? { to } : {};
  return [[inner(place, `${first}:${first + from.length}`).pointer, { ...removed, ...added }]];
}

function segments(
  { first, from, to }: Segment,
  keyOf: (node: TemplateNode) => string | undefined,
): Segment[] {
  const found: Segment[] = [];
  let [start, other] = [0, 0];
  const add = (end: number, otherEnd: number, isPair: boolean) => {
    const segment = {
      first: first + start,
      from: from.slice(start, end),
      to: to.slice(other, otherEnd),
      isPair,
    };
    if (segment.from.length > 0 || segment.to.length > 0) found.push(segment);
    [start, other] = [end, otherEnd];
  };
  for (const [index, otherIndex] of commonPairs(from.map(keyOf), to.map(keyOf))) {
    add(index, otherIndex, false);
    add(index + 1, otherIndex + 1, true);
  }
  add(from.length, to.length, false);
  return found;
}

/** What an item of a list is called: AWS identifies a rule, a dimension, a metric or a statement by such a property. */
function nameOf(node: TemplateNode): string | undefined {
  if (!isMap(node)) return undefined;
  // A widget of a dashboard has its title among its properties.
  const properties = own(node, 'properties') ?? null;
  const names = ['Name', 'Id', 'Sid', 'Key'].map((key) => own(node, key));
  if (isMap(properties)) names.push(own(properties, 'title'));
  return names.find((name) => typeof name === 'string');
}

/** A value that is gone, in a few words: its type where it is a resource. */
function caption(node: TemplateNode): TemplateNode {
  if (isMap(node) && typeof own(node, 'Type') === 'string') return own(node, 'Type') as string;
  if (JSON.stringify(node).length <= 80) return node;
  if (!isList(node)) return typeof node === 'string' ? `${node.slice(0, 40)}...` : '(...)';
  const names = node.map(nameOf).join(', ');
  return names.length <= 80 && node.every((item) => nameOf(item) !== undefined)
    ? names
    : `(${node.length} items)`;
}

interface Step {
  readonly steps: readonly string[];
  readonly to: TemplateNode | undefined;
}

function applied(node: TemplateNode | undefined, changes: readonly Step[]): TemplateNode | undefined {
  if (changes.length === 0) return node;
  const whole = changes.find(({ steps }) => steps.length === 0);
  if (whole !== undefined) return whole.to;
  if (node instanceof Tagged) return new Tagged(node.tag, applied(node.value, changes) as Tagged['value']);
  const byStep = new Map<string, Step[]>();
  for (const { steps, to } of changes) {
    const [step = '', ...rest] = steps;
    byStep.set(step, [...(byStep.get(step) ?? []), { steps: rest, to }]);
  }
  if (isList(node)) return appliedToList(node, byStep);
  const entries = new Map(isMap(node ?? null) ? Object.entries(node as NodeMap) : []);
  for (const [step, inner] of byStep) {
    const value = applied(entries.get(step), inner);
    if (value === undefined) entries.delete(step);
    else entries.set(step, value);
  }
  return Object.fromEntries(entries);
}

function appliedToList(list: NodeList, byStep: ReadonlyMap<string, readonly Step[]>): NodeList {
  const items = [...list];
  // From the end, so that what a range adds or removes leaves the indexes before it as they are.
  for (const [step, inner] of [...byStep].toReversed()) {
    const [first = 0, end] = step.split(':').map(Number);
    if (end === undefined) items[first] = applied(items[first], inner) ?? null;
    else items.splice(first, end - first, ...((inner[0]?.to ?? []) as NodeList));
  }
  return items;
}
