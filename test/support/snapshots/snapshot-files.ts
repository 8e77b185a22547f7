import { dashboardRows, differingRows } from './dashboard-rows.ts';
import { differenceOf } from './difference.ts';
import { type Names, namesBetween, renamed } from './generated-names.ts';
import { type ResourceTypes, summaryOf } from './summary.ts';
import { isMap, type Json, type NodeMap, type TemplateNode, toNode } from './template-node.ts';
import { yamlText } from './yaml-text.ts';

/** Templates of an environment, by stack. */
export type Templates = Readonly<Record<string, object>>;

/** Files by their path in the snapshots' folder. */
export type SnapshotFiles = ReadonlyMap<string, string>;

/** The environment whose templates are written whole. */
export const wholeEnvironment = 'prod';

/** Most lines of a file. */
export const maxFileLines = 1_500;

/**
 * Templates as reviewers read them: prod's whole, of other environments what differs from prod. Nothing is lost:
 * `templatesIn` of `read-snapshots.ts` gives the templates back, apart from digests of code and the bodies of dashboards,
 * which `dashboard.txt` shows as rows.
 */
export function snapshotFiles(environments: ReadonlyMap<string, Templates>): SnapshotFiles {
  const nodes = new Map([...environments].map(([name, templates]) => [name, nodesOf(templates)]));
  const whole = nodes.get(wholeEnvironment) ?? {};
  const types = [...environments].map(([name, templates]) => [name, typesOf(templates)] as const);
  return new Map([
    ['SUMMARY.md', summaryOf(new Map(types))],
    ...[...nodes].flatMap(([name, templates]) =>
      name === wholeEnvironment ? wholeFiles(templates) : differenceFiles(name, templates, whole),
    ),
    ...[...nodes].flatMap(([name, templates]) => {
      const names = namesOf(name, templates, whole);
      const from = bodiesOf(environments.get(wholeEnvironment)).map((body) => renamed(body, names));
      return dashboardFiles(
        name,
        from.flatMap(dashboardRows),
        bodiesOf(environments.get(name)).flatMap(dashboardRows),
      );
    }),
  ]);
}

export type TemplateNodes = Readonly<Record<string, TemplateNode>>;

/**
 * A template without digests, which follow the code that they are of, while what the template says of it does not; and
 * without the bodies of dashboards, which a file of their own shows.
 */
export function withoutDigests(template: object): Json {
  const text = JSON.stringify(template, (key, value: unknown) =>
    key === 'DashboardBody' ? '<dashboard.txt>' : value,
  );
  return JSON.parse(text.replaceAll(/\b[0-9a-f]{64}\b/g, '<sha256>')) as Json;
}

/** Templates by stack, resources and other entries of a section in the alphabet's order: that of the synthesis changes. */
function nodesOf(templates: Templates): TemplateNodes {
  return Object.fromEntries(
    Object.entries(templates).map(([stack, template]) => {
      const sections = Object.entries(withoutDigests(template) as Record<string, Json>);
      return [
        stack.toLowerCase(),
        Object.fromEntries(sections.map(([name, json]) => [name, sectionOf(json)])),
      ];
    }),
  );
}

function sectionOf(json: Json): TemplateNode {
  if (!isMap(json)) return toNode(json);
  const entries = Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, value]) => [key, toNode(value)]));
}

function typesOf(templates: Templates): ResourceTypes {
  const typeOf = (resource: { readonly Type: string }) => resource.Type;
  return new Map(
    Object.entries(templates as Record<string, { readonly Resources: Record<string, { Type: string }> }>).map(
      ([stack, { Resources }]) => [stack, Object.values(Resources).map(typeOf)],
    ),
  );
}

/** Types of resources that have a file of their own in each stack, because a reviewer reads them apart. */
const groups: readonly [suffix: string, types: RegExp][] = [
  ['alarms', /^AWS::CloudWatch::(?:Composite)?Alarm$/],
  ['permissions', /^AWS::(?:IAM::\w+|Lambda::Permission)$/],
  ['security-groups', /^AWS::EC2::SecurityGroup/],
  ['routes', /^AWS::ApiGateway(?:V2::(?:Route|Integration)|::(?:Resource|Method|GatewayResponse))$/],
];

function groupOf(resource: TemplateNode): string | undefined {
  const type = isMap(resource) ? resource['Type'] : undefined;
  return typeof type === 'string' ? groups.find(([, types]) => types.test(type))?.[0] : undefined;
}

function wholeFiles(templates: TemplateNodes): [path: string, text: string][] {
  return Object.entries(templates).flatMap(([stack, template]) => {
    const { Resources = {}, ...sections } = template as NodeMap;
    const resources = Object.entries(Resources as NodeMap);
    return [undefined, ...groups.map(([suffix]) => suffix)].flatMap((group) => {
      const members = Object.fromEntries(resources.filter(([, resource]) => groupOf(resource) === group));
      if (group === undefined) {
        return inParts(`${wholeEnvironment}/${stack}`, yamlText({ ...sections, Resources: members }));
      }
      if (Object.keys(members).length === 0) return [];
      return inParts(`${wholeEnvironment}/${stack}.${group}`, yamlText({ Resources: members }));
    });
  });
}

/** Bodies of an environment's dashboards. */
function bodiesOf(templates: Templates = {}): TemplateNode[] {
  return Object.values(templates as Record<string, { Resources: Record<string, Json> }>)
    .flatMap(({ Resources }) => Object.values(Resources))
    .map((resource) =>
      isMap(resource) && isMap(resource['Properties'] ?? null) ? resource['Properties'] : {},
    )
    .flatMap((properties) => (properties as Record<string, Json>)['DashboardBody'] ?? [])
    .map(toNode);
}

function dashboardFiles(
  environment: string,
  whole: readonly string[],
  rows: readonly string[],
): [path: string, text: string][] {
  if (rows.length === 0) return [];
  const isWhole = environment === wholeEnvironment;
  const lines = isWhole
    ? ['# Position, size, type and title of each widget, and its metrics.', ...rows]
    : [`# Rows that ${wholeEnvironment} has (-) and ${environment} has (+).`, ...differingRows(whole, rows)];
  return [[`${environment}/dashboard.txt`, lines.map((line) => `${line}\n`).join('')]];
}

const namesOf = (environment: string, templates: TemplateNodes, whole: TemplateNodes): Names =>
  namesBetween(
    { name: wholeEnvironment, nodes: Object.values(whole) },
    { name: environment, nodes: Object.values(templates) },
  );

function differenceFiles(
  environment: string,
  templates: TemplateNodes,
  whole: TemplateNodes,
): [path: string, text: string][] {
  const names = namesOf(environment, templates, whole);
  const comment = `# Words of ${wholeEnvironment}, and those that ${environment} has in their place.\n`;
  const stacks = [...new Set([...Object.keys(whole), ...Object.keys(templates)])];
  return [
    ...inParts(`${environment}/names`, comment + yamlText(Object.fromEntries(names))),
    ...stacks.flatMap((stack) => {
      const from = renamed(whole[stack] ?? null, names);
      return inParts(`${environment}/${stack}`, differenceText(environment, from, templates[stack] ?? null));
    }),
  ];
}

function differenceText(environment: string, from: TemplateNode, to: TemplateNode): string {
  const changes = Object.entries(differenceOf(from, to)).map(([pointer, change]) => [
    pointer,
    {
      ...('from' in change ? { [wholeEnvironment]: change.from } : {}),
      ...('to' in change ? { [environment]: change.to } : {}),
    },
  ]);
  const comment = `# What differs from ${wholeEnvironment}, whose words are replaced as names.yaml says.\n`;
  return comment + yamlText(Object.fromEntries(changes));
}

/** A text as one file, or as several that continue each other, each cut before a line of little indentation. */
function inParts(path: string, text: string): [path: string, text: string][] {
  const lines = text.split('\n').slice(0, -1);
  const parts: string[][] = [];
  while (lines.length > maxFileLines) parts.push(lines.splice(0, cutOf(lines)));
  return [...parts, lines].map((part, index) => [
    `${path}${index === 0 ? '' : `.${index + 1}`}.yaml`,
    part.map((line) => `${line}\n`).join(''),
  ]);
}

function cutOf(lines: readonly string[]): number {
  const indentAt = (index: number) => lines[index]?.search(/\S|$/) ?? 0;
  let cut = maxFileLines;
  for (let index = maxFileLines; index > maxFileLines - 300; index -= 1)
    if (lines[index] !== '' && indentAt(index) < indentAt(cut)) cut = index;
  return cut;
}
