import { isList, isMap, Tagged, type TemplateNode } from './template-node.ts';

/** Words of one environment and those that stand for them in another. */
export type Names = ReadonlyMap<string, string>;

/**
 * The CDK ends names with digests of paths, in which the environment's name is: `prodDataQueue1A2B3C4D` is `devDataQueue`
 * with another digest. Words of one shape count as one name, in the order in which they come.
 */
export function namesBetween(
  from: { readonly name: string; readonly nodes: readonly TemplateNode[] },
  to: { readonly name: string; readonly nodes: readonly TemplateNode[] },
): Names {
  const [known, others] = [generatedWords(from.nodes), generatedWords(to.nodes)];
  const byShape = new Map<string, string[]>();
  for (const word of others) {
    if (known.has(word)) continue;
    const shape = shapeOf(word, to.name);
    byShape.set(shape, [...(byShape.get(shape) ?? []), word]);
  }
  const pairs = [...known]
    .filter((word) => !others.has(word))
    .map((word) => [word, byShape.get(shapeOf(word, from.name))?.shift()] as const)
    .filter((pair): pair is [string, string] => pair[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map([[from.name, to.name], ...pairs]);
}

/** A node whose words are those of another environment, in keys and texts. */
export function renamed(node: TemplateNode, names: Names): TemplateNode {
  const inText = (text: string) => text.replaceAll(/\w+/g, (word) => names.get(word) ?? word);
  const inNode = (inner: TemplateNode): TemplateNode => {
    if (typeof inner === 'string') return inText(inner);
    if (isList(inner)) return inner.map(inNode);
    if (inner instanceof Tagged) return new Tagged(inner.tag, inNode(inner.value) as Tagged['value']);
    if (!isMap(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).map(([key, value]) => [inText(key), inNode(value)]));
  };
  return inNode(node);
}

const digest = /[0-9A-F]{8,}|(?<=V)[0-9a-f]{8}$/;

function generatedWords(nodes: readonly TemplateNode[]): Set<string> {
  return new Set((JSON.stringify(nodes).match(/\w+/g) ?? []).filter((word) => digest.test(word)));
}

/** A word without its digests, of which only the length counts, and without the environment's name. */
function shapeOf(word: string, environment: string): string {
  return word
    .replace(/(?<=V)[0-9a-f]{8}$/, '#')
    .replaceAll(/[0-9A-F]{8,}/g, ({ length }) => `#${length}`)
    .replaceAll(environment, '*');
}
