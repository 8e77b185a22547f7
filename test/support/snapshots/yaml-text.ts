import { isList, isMap, Tagged, type TemplateNode } from './template-node.ts';

const width = 110;
// A reference is long by its generated names, and read as one thing.
const referenceWidth = 24;

/** YAML of a node: what fits on a line stands on one, so that a change of one thing shows as a change of one line. */
export function yamlText(node: TemplateNode): string {
  return `${block(node, '').join('\n')}\n`;
}

/** Plain JSON on one line. */
export function yamlFlow(json: unknown): string {
  return flow(JSON.parse(JSON.stringify(json)) as TemplateNode) ?? JSON.stringify(json);
}

/** Lines of a node that starts a line at `indent`. */
function block(node: TemplateNode, indent: string): string[] {
  if (isList(node) && node.length > 0) return node.flatMap((item) => entry('-', item, indent));
  if (isMap(node) && Object.keys(node).length > 0)
    return Object.entries(node).flatMap(([key, value]) => entry(`${text(key)}:`, value, indent));
  return [`${indent}${flow(node)}`];
}

/** Lines of a key or dash and what belongs to it. */
function entry(head: string, node: TemplateNode, indent: string): string[] {
  const line = flow(node);
  const isShort = line !== undefined && indent.length + head.length + 1 + widthOf(line) <= width;
  if (isShort || (line !== undefined && (!isBreakable(node) || (head === '-' && isRow(node)))))
    return [`${indent}${head} ${line}`];
  const inner = `${indent}  `;
  if (typeof node === 'string')
    return [`${indent}${head} ${literalHead(node)}`, ...literalLines(node, inner)];
  if (node instanceof Tagged) {
    if (typeof node.value === 'string')
      return [`${indent}${head} !${node.tag} ${literalHead(node.value)}`, ...literalLines(node.value, inner)];
    return [`${indent}${head} !${node.tag}`, ...block(node.value, inner)];
  }
  const lines = block(node, inner);
  return head === '-'
    ? [`${indent}- ${lines[0]?.slice(inner.length)}`, ...lines.slice(1)]
    : [`${indent}${head}`, ...lines];
}

function widthOf(line: string): number {
  return line.replace(/!(?:Ref|GetAtt|GetStackOutput) [^\s,\]}]+/g, (found) => found.slice(0, referenceWidth))
    .length;
}

/** Whether an item of a list is the row of a table, such as a metric of a dashboard: it takes one line. */
function isRow(node: TemplateNode): boolean {
  const isFlat = (item: TemplateNode) =>
    !isBreakable(item) || (isMap(item) && Object.values(item).every((value) => !isBreakable(value)));
  return isList(node) && node.every(isFlat);
}

/** Whether a node may take several lines: not a scalar, and not a function of scalars such as a reference. */
function isBreakable(node: TemplateNode): boolean {
  if (node instanceof Tagged && isMap(node.value))
    return Object.values(node.value).some((value) => typeof value === 'object');
  return isList(node) || isMap(node) || (node instanceof Tagged && typeof node.value === 'object');
}

/** A node on one line, or undefined where it holds a text of several lines. */
export function flow(node: TemplateNode): string | undefined {
  if (typeof node === 'string') return isLiteral(node) ? undefined : text(node);
  if (node instanceof Tagged) {
    const value = flow(node.value);
    return value === undefined ? undefined : `!${node.tag} ${value}`;
  }
  if (isList(node)) {
    const items = node.map(flow);
    return items.includes(undefined) ? undefined : `[${items.join(', ')}]`;
  }
  if (!isMap(node)) return JSON.stringify(node);
  const items = Object.entries(node).map(([key, value]) => [text(key), flow(value)]);
  return items.some(([, value]) => value === undefined)
    ? undefined
    : `{${items.map(([key, value]) => `${key}: ${value}`).join(', ')}}`;
}

// YAML 1.2.2, sections 7.3.3 and 10.3.2: what a plain scalar may hold in any context and still be a string.
const plain = /^[A-Za-z_/$](?:[\w/$.*+=@%^();<>|&'"!?~ -]|:(?=[^\s,[\]{}])|(?<! )#)*(?<! )$/;
const words = /^(?:true|false|null|yes|no|on|off)$/i;
// Characters that YAML's readers treat in other ways than JSON's.
const special = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]/g;

function text(value: string): string {
  if (plain.test(value) && !words.test(value)) return value;
  return JSON.stringify(value).replace(
    special,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Whether a text of several lines can stand as it is in a block scalar: printable, no blank ends. */
function isLiteral(value: string): boolean {
  return /^[\t\n\x20-\x7e]*$/.test(value) && /^\S.*\n(?:.|\n)*\S\n?$/.test(value);
}

const literalHead = (value: string) => (value.endsWith('\n') ? '|' : '|-');

function literalLines(value: string, indent: string): string[] {
  const lines = value.replace(/\n$/, '').split('\n');
  return lines.map((line) => (line === '' ? '' : `${indent}${line}`));
}
