import { apiRouteKeys, type Configuration, limitNames, type Route } from '../../config/index.ts';
import type { LocalRun } from './local-run.ts';

/** What `npm start` shows when the gateway answers: one screen. */
export function startupSummary(run: LocalRun, token: string, startMilliseconds: number): string {
  const facts: readonly (readonly [string, string])[] = [
    ['Gateway', run.url],
    ['Issuer', run.issuerUrl],
    ['Limit store', run.limitStore],
    ['Event log', run.eventLog],
    ['Database', run.database],
    ['Queues', `SQS at ${run.queuesUrl}`],
    ['SNS', `${run.topicsUrl} (messages published so far)`],
    ['CloudWatch', `${run.metricsUrl} (metrics received so far)`],
    ['Policy', `${run.policyFile} (edit it: in force within two seconds)`],
    ...run.partnerKeys.map(({ name, value }) => ['Key', `${value} (${name})`] as const),
    ['Started', startTimes(run, startMilliseconds)],
    ['Not emulated', `${run.notEmulated.join(', ')}; TLS; managed firewall rules`],
  ];
  return [
    ...facts.map(([name, value]) => `${name.padEnd(14)}${value}`),
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
    'A token for somebody else: npm run token -- --sub alice --permissions "orders:*" --plan pro --expires 1h',
    'Ctrl-C ends everything.',
  ].join('\n');
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
