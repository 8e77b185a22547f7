import { apiRouteKeys, type Configuration, limitNames, type Route } from '../../config/index.ts';
import type { LocalRun } from './local-run.ts';

/** The output of `npm start` when the gateway is ready, at most 80 columns wide except for tokens and the route table. */
export function startupSummary(run: LocalRun, token: string, startMilliseconds: number): string {
  const facts: readonly (readonly [string, string])[] = [
    ['Gateway', run.url],
    ['Issuer', run.issuerUrl],
    ['Limit store', run.limitStore],
    ['Event log', run.eventLog],
    ['Database', run.database],
    ['SQS', run.queuesUrl],
    ['SNS', `${run.topicsUrl} (published messages)`],
    ['CloudWatch', `${run.metricsUrl} (metrics)`],
    ['Policy', run.policyFile],
    ...run.partnerKeys.map(({ name, value }) => ['Key', `${value} (${name})`] as const),
    ['Started', startTimes(run, startMilliseconds)],
    ['Not local', `${run.notEmulated.join(', ')}, TLS, managed WAF rules`],
  ];
  return [
    ...facts.map(([name, value]) => `${name.padEnd(indent)}${wrapped(value)}`),
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
    'Edit the policy file to change the runtime policy; it applies within two seconds.',
    'Create another token: npm run token -- --sub bob --permissions "orders:*"',
    'Stop the run: Ctrl-C',
  ].join('\n');
}

const columns = 80;
/** The column of the values. */
const indent = 12;

/** Wraps a list at its commas, so that lines fit the terminal. */
function wrapped(text: string): string {
  const lines = [''];
  for (const item of text.split(/(?<=, )/)) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && indent + line.length + item.trimEnd().length > columns) lines.push(item);
    else lines[lines.length - 1] = line + item;
  }
  return lines.map((line) => line.trimEnd()).join(`\n${' '.repeat(indent)}`);
}

function startTimes({ phases }: LocalRun, startMilliseconds: number): string {
  const seconds = (milliseconds: number) => `${(milliseconds / 1_000).toFixed(1)} s`;
  const parts = phases.map(({ name, milliseconds }) => `${name} ${seconds(milliseconds)}`);
  return `in ${seconds(startMilliseconds)} (${parts.join(', ')})`;
}

function routeTable({ catalogue }: Configuration): string[] {
  const rows = Object.entries(catalogue.routes).map(([key, route]) => {
    return [methodsOf(key, route.head), pathOf(key), access(route), limit(catalogue, route)] as const;
  });
  const partnerRows = Object.keys(catalogue.partnerRoutes).map(
    (key) => [methodsOf(key, true), pathOf(key), 'partner API key', "the key's plan"] as const,
  );
  const all = [['METHOD', 'PATH', 'ACCESS', 'LIMIT'] as const, ...rows, ...partnerRows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
}

const methodsOf = (key: string, head: boolean) =>
  apiRouteKeys(key, { head })
    .map((apiKey) => apiKey.split(' ')[0])
    .join(', ');

const pathOf = (key: string) => key.split(' ')[1] ?? '';

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
