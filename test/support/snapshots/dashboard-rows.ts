import { commonPairs } from './common-pairs.ts';
import { isList, isMap, type NodeMap, Tagged, type TemplateNode } from './template-node.ts';
import { flow } from './yaml-text.ts';

/**
 * A dashboard for reviewers: a row per widget (position, size, type, title, settings that are not the usual ones) and
 * below it a row per metric or alarm.
 */
export function dashboardRows(body: TemplateNode): string[] {
  const { widgets = [], ...settings } = mapIn(body);
  const others = Object.entries(settings).map(([key, value]) => `${key} ${text(value)}`);
  return [...others, ...(isList(widgets) ? (widgets as TemplateNode[]) : []).flatMap(widgetRows)];
}

/** Rows that one dashboard has and another has not, in their order. */
export function differingRows(from: readonly string[], to: readonly string[]): string[] {
  const rows: string[] = [];
  let [start, other] = [0, 0];
  for (const [row, otherRow] of [...commonPairs(from, to), [from.length, to.length] as const]) {
    rows.push(...from.slice(start, row).map((line) => `- ${line}`));
    rows.push(...to.slice(other, otherRow).map((line) => `+ ${line}`));
    [start, other] = [row + 1, otherRow + 1];
  }
  return rows;
}

// What nearly every graph has; rows name what differs.
const usual: readonly string[] = ['view timeSeries', 'region !Ref AWS::Region', 'yAxis {left: {min: 0}}'];

function widgetRows(widget: TemplateNode): string[] {
  const { x, y, width, height, type, properties, ...others } = mapIn(widget);
  const { title, metrics, ...settings } = mapIn(properties ?? {});
  const at = `${text(x)},${text(y)}`.padEnd(8);
  const size = `${text(width)}x${text(height)}`.padEnd(6);
  const all = Object.entries({ ...settings, ...others });
  const lists = all.flatMap(([key, value]) =>
    isList(value) ? (value as TemplateNode[]).map((item) => `    ${key} ${text(item)}`) : [],
  );
  const single = all.flatMap(([key, value]) => (isList(value) ? [] : [`${key} ${text(value)}`]));
  const row = [`${at}${size}${text(type).padEnd(7)}`, title === undefined ? '' : text(title)];
  return [
    [...row, ...single.filter((setting) => !usual.includes(setting))].join(' ').trimEnd(),
    ...(isList(metrics) ? (metrics as TemplateNode[]) : []).map((metric) => `    ${metricRow(metric)}`),
    ...lists,
  ];
}

/** A metric as its namespace, name, dimensions, statistic, period, and what else the widget says of it. */
function metricRow(metric: TemplateNode): string {
  const cells = isList(metric) ? (metric as TemplateNode[]) : [];
  const last = cells.at(-1) ?? null;
  const names = isMap(last) ? cells.slice(0, -1) : cells;
  const { stat, period, label, expression, ...others } = isMap(last) ? last : {};
  const dimensions = names
    .slice(2)
    .map((name, index) => (index % 2 === 0 ? `${text(name)}=` : `${text(name)} `))
    .join('');
  return [
    ...names.slice(0, 2).map(text),
    dimensions.trimEnd(),
    expression === undefined ? '' : `= ${text(expression)}`,
    stat === undefined ? '' : text(stat),
    period === undefined ? '' : `${text(period)}s`,
    label === undefined ? '' : JSON.stringify(label),
    ...Object.entries(others).map(([key, value]) => `${key}=${text(value)}`),
  ]
    .filter((cell) => cell !== '')
    .join(' ');
}

const mapIn = (node: TemplateNode): NodeMap => {
  const value = node instanceof Tagged ? node.value : node;
  return isMap(value) ? value : {};
};

/** A node on one line. What refers to another stack is shown as that stack and the output's name in it. */
function text(node: TemplateNode | undefined): string {
  const line =
    (typeof node === 'string' && !node.includes('\n') ? node : flow(node ?? null)) ?? JSON.stringify(node);
  const outputs = [...line.matchAll(stackOutput)].map(([, stack, output]) => `${stack}/${output}`);
  return node instanceof Tagged && outputs.length > 0
    ? [...new Set(outputs)].join('+')
    : line.replaceAll(stackOutput, '$1/$2');
}

const stackOutput =
  /!GetStackOutput gatehouse-[a-z]+-([\w-]+)\/[\w-]+\/PublishOutput(?:Ref|FnGetAtt)(\w+?)[0-9A-F]{8}V[0-9a-f]{8}/g;
