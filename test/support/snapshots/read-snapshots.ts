import { isScalar, isSeq, isMap as isYamlMap, type ParsedNode, parseDocument } from 'yaml';
import { type Change, changed } from './difference.ts';
import { renamed } from './generated-names.ts';
import { type SnapshotFiles, type TemplateNodes, wholeEnvironment } from './snapshot-files.ts';
import { type NodeMap, Tagged, type TemplateNode } from './template-node.ts';

/** The templates of each environment that the files of `snapshotFiles` describe: its inverse. */
export function templatesIn(files: SnapshotFiles): Map<string, TemplateNodes> {
  const folders = [...files.keys()]
    .filter((path) => path.includes('/'))
    .map((path) => path.replace(/\/.*$/, ''));
  const whole = wholeTemplates(files);
  return new Map(
    [...new Set(folders)].map((environment) => [
      environment,
      environment === wholeEnvironment ? whole : changedTemplates(files, environment, whole),
    ]),
  );
}

function changedTemplates(files: SnapshotFiles, environment: string, whole: TemplateNodes): TemplateNodes {
  const { names = {}, ...differences } = documentsOf(files, environment);
  const words = new Map(Object.entries(names as Record<string, string>));
  const templates = Object.entries(differences).map(([stack, document]) => {
    const difference = Object.entries(document).map(([pointer, sides]): [string, Change] => {
      const side = sides as NodeMap;
      return [pointer, Object.hasOwn(side, environment) ? { to: side[environment] ?? null } : {}];
    });
    return [stack, changed(renamed(whole[stack] ?? null, words), Object.fromEntries(difference))] as const;
  });
  return Object.fromEntries(templates.filter(([, template]) => template !== null));
}

function wholeTemplates(files: SnapshotFiles): Record<string, NodeMap> {
  const templates: Record<string, NodeMap> = {};
  for (const [name, document] of Object.entries(documentsOf(files, wholeEnvironment))) {
    const [stack = name] = name.split('.');
    const known = templates[stack] ?? {};
    const resources = [known['Resources'], document['Resources']] as NodeMap[];
    templates[stack] = { ...known, ...document, Resources: Object.assign({}, ...resources) as NodeMap };
  }
  return templates;
}

/** An environment's files, each put together of its parts and parsed, by name. */
function documentsOf(files: SnapshotFiles, environment: string): Record<string, NodeMap> {
  const texts: Record<string, string> = {};
  for (const [path, text] of files) {
    const [, folder, name = ''] = /^(\w+)\/(.+?)(?:\.\d+)?\.yaml$/.exec(path) ?? [];
    if (folder === environment) texts[name] = (texts[name] ?? '') + text;
  }
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, parsedYaml(text) as NodeMap]));
}

/** The node that `yamlText` wrote, by a YAML parser that knows nothing of it. */
export function parsedYaml(text: string): TemplateNode {
  const {
    contents,
    errors: [error],
  } = parseDocument(text, { version: '1.2', uniqueKeys: true });
  if (error !== undefined) throw error;
  return nodeOf(contents);
}

function nodeOf(node: ParsedNode | null): TemplateNode {
  const value = untagged(node);
  const tag = /^!(\w+)$/.exec(node?.tag ?? '')?.[1];
  return tag === undefined ? value : new Tagged(tag, value as Tagged['value']);
}

function untagged(node: ParsedNode | null): TemplateNode {
  if (isSeq(node)) return node.items.map(nodeOf);
  if (isYamlMap(node)) {
    return Object.fromEntries(
      node.items.map(({ key, value }) => [isScalar(key) ? key.value : '', nodeOf(value)]),
    );
  }
  if (isScalar(node)) return node.value as TemplateNode;
  return null;
}
