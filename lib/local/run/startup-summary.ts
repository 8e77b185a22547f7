import { type Configuration, limitNames, type Route } from '../../config/index.ts';
import type { LocalRun } from './local-run.ts';

/** The output of `npm start` when the gateway is ready, at most 80 columns wide except for addresses and tokens. */
export function startupSummary(run: LocalRun, token: string, startMilliseconds: number): string {
  const facts: readonly (readonly [string, string])[] = [
    ['Gateway', run.url],
    ['Issuer', run.issuerUrl],
    ['Limit store', run.limitStore],
    ['Event log', run.eventLog],
    ['Database', run.database],
    ['SQS', run.queuesUrl],
    ['SNS', `messages sent: open ${run.topicsUrl}`],
    ['CloudWatch', `metrics: open ${run.metricsUrl}`],
    ['Policy', run.policyFile],
    // Of `gatehouse-local-partner-demo`, the name in the environment.
    ...run.partnerKeys.map(({ name, value }) => ['Key', `${value} (${name.split('-').at(-1)})`] as const),
    ['Started', startTimes(run, startMilliseconds)],
  ];
  return [
    ...facts.map(([name, value]) => `${name.padEnd(indent)}${wrapped(value)}`),
    wrapped(`Not emulated on this machine: ${run.notEmulated.join(', ')}, TLS.`, 0),
    '',
    ...routeTable(run.configuration),
    '',
    'Try',
    `  curl ${run.url}/api/products`,
    `  curl -H 'Authorization: Bearer ${token}' ${run.url}/api/orders`,
    ...run.partnerKeys
      .slice(0, 1)
      .map(({ value }) => `  curl -H 'X-Api-Key: ${value}' ${run.url}/partner/products`),
    '',
    'Edit the policy file to change the runtime policy; it applies within a second.',
    'Create another token: npm run token -- --sub bob --permissions "orders:*"',
    'Follow one call: npm run logs -- X_REQUEST_ID',
    'Stop the run: Ctrl-C',
  ].join('\n');
}

const columns = 80;
/** The column of the values. */
const indent = 12;

/** Wraps a list at its commas, so that lines fit the terminal. */
function wrapped(text: string, start = indent): string {
  const lines = [''];
  for (const item of text.split(/(?<=, )/)) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && start + line.length + item.trimEnd().length > columns) lines.push(item);
    else lines[lines.length - 1] = line + item;
  }
  return lines.map((line) => line.trimEnd()).join(`\n${' '.repeat(start)}`);
}

function startTimes({ phases }: LocalRun, startMilliseconds: number): string {
  const seconds = (milliseconds: number) => `${(milliseconds / 1_000).toFixed(1)} s`;
  const parts = phases.map(({ name, milliseconds }) => `${name} ${seconds(milliseconds)}`);
  return `in ${seconds(startMilliseconds)} (${parts.join(', ')})`;
}

/** The routes by their limit, so that a row fits the terminal. GET routes that answer HEAD do not say so. */
function routeTable({ catalogue }: Configuration): string[] {
  const groups = new Map<string, (readonly [string, string, string])[]>();
  const add = (title: string, key: string, access: string) => {
    const [method = '', path = ''] = key.split(' ');
    groups.set(title, [...(groups.get(title) ?? []), [path, method, access]]);
  };
  for (const [key, route] of Object.entries(catalogue.routes))
    add(limit(catalogue, route), key, access(route));
  for (const key of Object.keys(catalogue.partnerRoutes))
    add("The plan of the partner's key", key, 'API key');
  return [...groups].flatMap(([title, rows]) => [
    title,
    ...rows
      .sort(([one], [other]) => (one < other ? -1 : Number(one > other)))
      .flatMap(([path, method, granted]) => row(method, path, granted)),
  ]);
}

const accessWidth = 22;

/** `  GET    /path  access`; a long access has a separate line. */
function row(method: string, path: string, granted: string): string[] {
  const start = `  ${method.padEnd(7)}${path}`;
  const fits = start.length + 1 <= columns - accessWidth && granted.length <= accessWidth;
  return fits
    ? [start.padEnd(columns - accessWidth) + granted]
    : [start, ' '.repeat(Math.max(columns - accessWidth - granted.length, 9)) + granted];
}

function access(route: Route): string {
  return route.addresses === undefined ? route.access : `${route.access}, from ${route.addresses}`;
}

function limit({ limits }: Configuration['catalogue'], route: Route): string {
  const texts = limitNames(route).map((name) => {
    const found = limits[name];
    if (found === undefined) return name;
    const text = `${found.requests} in ${found.periodSeconds} s by ${found.by}, ${found.burst} at once`;
    return found.shadow ? `${text}, in shadow` : text;
  });
  return texts.join('; ');
}
