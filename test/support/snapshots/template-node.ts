import { isDeepStrictEqual } from 'node:util';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * A template as reviewers read it: JSON in which some values carry a YAML tag. `!Ref`, `!GetAtt` and the other intrinsic
 * functions are CloudFormation's own short form. `!Json` is a string that holds the JSON below it, `!StatusCodes` an
 * object of one value for each HTTP status, whose keys list the statuses of equal values.
 */
export type TemplateNode = string | number | boolean | null | readonly TemplateNode[] | NodeMap | Tagged;
export type NodeMap = { readonly [key: string]: TemplateNode };

export class Tagged {
  readonly tag: string;
  readonly value: string | readonly TemplateNode[] | NodeMap;
  constructor(tag: string, value: Tagged['value']) {
    this.tag = tag;
    this.value = value;
  }
}

export const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

export function isMap<Value>(value: Value): value is Extract<Value, { readonly [key: string]: unknown }> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Tagged);
}

/** Builds an object of any keys, `__proto__` included. */
function mapOf<Value>(entries: Iterable<readonly [string, Value]>): { [key: string]: Value } {
  return Object.fromEntries(entries);
}

/** The node of a template's JSON. {@link toJson} gives exactly the JSON back. */
export function toNode(json: Json): TemplateNode {
  if (typeof json === 'string') return jsonText(json, [json]) ?? json;
  if (isList(json)) return json.map(toNode);
  if (!isMap(json)) return json;
  return intrinsic(json) ?? statusCodes(json) ?? mapValues(json, toNode);
}

/** The JSON of a node: inverse of {@link toNode}. */
export function toJson(node: TemplateNode): Json {
  if (node instanceof Tagged) return jsonOfTagged(node);
  if (isList(node)) return node.map(toJson);
  return isMap(node) ? mapValues(node, toJson) : node;
}

function mapValues<From, To>(map: { readonly [key: string]: From }, change: (value: From) => To) {
  return mapOf(Object.entries(map).map(([key, value]) => [key, change(value)] as const));
}

const ownTags = new Set(['Json', 'StatusCodes']);

function jsonOfTagged({ tag, value }: Tagged): Json {
  if (tag === 'Json') return textOfJson(value);
  if (tag === 'StatusCodes') return singleStatusCodes(value as NodeMap);
  if (tag === 'GetAtt' && typeof value === 'string') {
    const dot = value.indexOf('.');
    return { 'Fn::GetAtt': [value.slice(0, dot), value.slice(dot + 1)] };
  }
  if (tag === 'GetStackOutput' && typeof value === 'string') {
    const [StackName = '', Region = '', OutputName = ''] = value.split('/');
    return { 'Fn::GetStackOutput': { StackName, Region, OutputName } };
  }
  return { [tag === 'Ref' ? 'Ref' : `Fn::${tag}`]: toJson(value) };
}

/** The short form of an intrinsic function, where YAML has one: a tag holds neither a number nor another tag. */
function intrinsic(json: { readonly [key: string]: Json }): Tagged | undefined {
  const [key, ...others] = Object.keys(json);
  const tag = key === 'Ref' ? key : /^Fn::(\w+)$/.exec(key ?? '')?.[1];
  if (key === undefined || tag === undefined || tag === '' || others.length > 0 || ownTags.has(tag))
    return undefined;
  const argument = json[key] as Json;
  if (tag === 'GetAtt') return attribute(argument);
  if (tag === 'GetStackOutput') return stackOutput(argument);
  if (tag === 'Join') return joinedJsonText(json, argument) ?? tagged(tag, argument);
  return key === 'Fn::Ref' ? undefined : tagged(tag, argument);
}

function tagged(tag: string, argument: Json): Tagged | undefined {
  if (typeof argument === 'string') return new Tagged(tag, argument);
  const value = toNode(argument);
  return isList(value) || isMap(value) ? new Tagged(tag, value) : undefined;
}

function attribute(argument: Json): Tagged | undefined {
  if (!isList(argument) || argument.length !== 2) return undefined;
  const [id, name] = argument;
  if (typeof id !== 'string' || typeof name !== 'string' || id.includes('.')) return undefined;
  return new Tagged('GetAtt', `${id}.${name}`);
}

function stackOutput(argument: Json): Tagged | undefined {
  if (!isMap(argument) || Object.keys(argument).length !== 3) return undefined;
  const names = [argument['StackName'], argument['Region'], argument['OutputName']];
  const strings = names.filter((name): name is string => typeof name === 'string' && !name.includes('/'));
  return strings.length < names.length ? undefined : new Tagged('GetStackOutput', strings.join('/'));
}

// Private use characters of Unicode mark where a value of CloudFormation stands in a text.
const marks = /\uE000(\d+)\uE001/;
const mark = (index: number) => `\uE000${index}\uE001`;

function joinedJsonText(json: Json, argument: Json): Tagged | undefined {
  if (!isList(argument) || argument[0] !== '' || !isList(argument[1])) return undefined;
  return jsonText(json, argument[1]);
}

/** The JSON in a text, or in the parts of a joined one, unless writing it would give another text. */
function jsonText(json: Json, parts: readonly Json[]): Tagged | undefined {
  if (parts.some((part) => typeof part === 'string' && marks.test(part))) return undefined;
  const text = parts.map((part, index) => (typeof part === 'string' ? part : mark(index))).join('');
  if (!/^[[{]/.test(text)) return undefined;
  let parsed: Json;
  try {
    parsed = JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
  const node = new Tagged('Json', withIntrinsics(parsed, parts) as NodeMap);
  return isDeepStrictEqual(toJson(node), json) ? node : undefined;
}

function withIntrinsics(json: Json, parts: readonly Json[]): TemplateNode {
  if (isList(json)) return json.map((item) => withIntrinsics(item, parts));
  if (isMap(json)) return mapValues(json, (value) => withIntrinsics(value, parts));
  if (typeof json !== 'string') return json;
  const pieces = json.split(marks);
  const texts = pieces.map((piece, index) =>
    index % 2 === 0 ? piece : toNode(parts[Number(piece)] ?? null),
  );
  const [before, value, after] = texts;
  if (value === undefined) return jsonText(json, [json]) ?? json;
  if (before === '' && after === '' && texts.length === 3) return value;
  return new Tagged('Join', ['', texts.filter((piece) => piece !== '')]);
}

function textOfJson(node: TemplateNode): Json {
  const intrinsics: Json[] = [];
  const marked = JSON.stringify(withMarks(node, intrinsics));
  const parts = marked
    .split(marks)
    .map((piece, index) => (index % 2 === 0 ? piece : (intrinsics[Number(piece)] as Json)));
  return intrinsics.length === 0 ? marked : { 'Fn::Join': ['', parts.filter((part) => part !== '')] };
}

function withMarks(node: TemplateNode, intrinsics: Json[]): Json {
  if (isList(node)) return node.map((item) => withMarks(item, intrinsics));
  if (isMap(node)) return mapValues(node, (value) => withMarks(value, intrinsics));
  if (!(node instanceof Tagged)) return node;
  const [delimiter, pieces] = node.tag === 'Join' && isList(node.value) ? node.value : [];
  if (delimiter === '' && isList(pieces)) {
    const texts = pieces.map((piece) => withMarks(piece, intrinsics));
    return texts.filter((piece) => typeof piece === 'string').join('');
  }
  const json = toJson(node);
  if (typeof json === 'string') return json;
  return mark(intrinsics.push(json) - 1);
}

/** Statuses of equal values under one key: `200-204,301`. */
function statusCodes(json: { readonly [key: string]: Json }): Tagged | undefined {
  const codes = Object.keys(json);
  if (codes.length < 2 || !codes.every((code) => /^[1-9]\d\d$/.test(code))) return undefined;
  const byValue = new Map<string, number[]>();
  for (const [code, value] of Object.entries(json)) {
    const text = JSON.stringify(value);
    byValue.set(text, [...(byValue.get(text) ?? []), Number(code)]);
  }
  const classes = [...byValue.values()].map(
    (equal) => [ranges(equal), toNode(json[String(equal[0])] as Json)] as const,
  );
  return new Tagged('StatusCodes', mapOf(classes));
}

function ranges(ascending: readonly number[]): string {
  const found: [first: number, last: number][] = [];
  for (const code of ascending) {
    const range = found.at(-1);
    if (range?.[1] === code - 1) range[1] = code;
    else found.push([code, code]);
  }
  return `HTTP ${found.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(' ')}`;
}

function singleStatusCodes(classes: NodeMap): Json {
  return mapOf(
    Object.entries(classes).flatMap(([key, node]) => {
      const value = toJson(node);
      return key
        .split(' ')
        .slice(1)
        .flatMap((range) => {
          const [first = 0, last = first] = range.split('-').map(Number);
          return Array.from(
            { length: last - first + 1 },
            (_, index) => [String(first + index), value] as const,
          );
        });
    }),
  );
}
