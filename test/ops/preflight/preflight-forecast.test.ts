import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../../lib/config/index.ts';
import { forecast } from '../../../lib/ops/preflight/forecast.ts';
import { monthlyCost } from '../../../lib/ops/preflight/monthly-cost.ts';
import type { DeploymentPlan } from '../../../lib/ops/preflight/plan.ts';
import { preflightCommand } from '../../../lib/ops/preflight/preflight-command.ts';
import { teardown } from '../../../lib/ops/preflight/teardown.ts';
import { readAssembly } from '../../../lib/ops/quotas/region-resources.ts';
import { deployableAccount } from '../../support/deployable-account.ts';
import { resourcesOf, synthesised } from '../../support/synth.ts';

const planOf = (name: 'dev' | 'prod'): DeploymentPlan => ({
  configuration: loadConfiguration(name),
  stacks: readAssembly(synthesised(name).folder),
});

const costs = readFileSync('docs/cost.md', 'utf8');

/** Cells of the tables of docs/cost.md, row by row. */
const rows = costs
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

const amount = (cell: string | undefined) => Number(cell?.replaceAll(/[ *]/g, ''));

/** The sum of one column between two rows, without what is charged by use. */
function sumBetween(first: string, total: string, column: number): number {
  const isAt = (start: string) => (row: readonly string[]) => row[0]?.startsWith(start) === true;
  const from = rows.findIndex(isAt(first));
  const to = rows.findIndex((row, index) => index > from && isAt(total)(row));
  return rows
    .slice(from, to)
    .filter(
      ([item = '']) =>
        !/^(Requests, mill|Metrics of|The gateway's own|By request|Logs and|CloudFront, HTTP)/.test(item),
    )
    .reduce((sum, row) => sum + amount(row[column]), 0);
}

const countOf = (name: 'dev' | 'prod', type: string) =>
  resourcesOf(name).filter(({ resource }) => resource['Type'] === type).length;

describe('docs/cost.md', () => {
  test.each([
    ['prod', sumBetween('Network: 3 NAT', '**Total, about**', 1)],
    ['dev', sumBetween('NAT gateway and its', '**Total**', 3)],
  ] as const)('agrees with the templates of %s within five percent', (name, documented) => {
    const { dollars, unpriced } = monthlyCost(planOf(name));
    expect(unpriced).toEqual([]);
    expect(documented).toBeGreaterThan(300);
    expect(Math.abs(dollars - documented) / documented).toBeLessThan(0.05);
  });

  test('counts what the templates have', () => {
    const routes = countOf('prod', 'AWS::ApiGatewayV2::Route');
    const methods = countOf('prod', 'AWS::ApiGateway::Method');
    expect(costs).toContain(`Metrics of ${routes} routes (6 each) and of ${methods} methods`);
    expect(costs).toContain(`${countOf('dev', 'AWS::CloudWatch::CompositeAlarm')} composite alarms`);
    expect(costs).toContain(
      `${countOf('dev', 'AWS::CloudWatch::InsightRule')} rules of Contributor Insights`,
    );
    expect(costs).toContain(`${countOf('dev', 'AWS::KMS::Key')} keys`);
    expect(costs).toContain(`${countOf('dev', 'AWS::SecretsManager::Secret')} secrets`);
  });
});

describe('npm run preflight', () => {
  const run = async (...args: readonly string[]) =>
    await preflightCommand(args, {
      synthesise: ({ env }) => Promise.resolve(readAssembly(synthesised(env as 'dev').folder)),
      account: deployableAccount,
    });

  test('says first what a deployment costs, takes, asks and needs', async () => {
    const { stdout = '' } = await run('prod');
    const [before = ''] = stdout.split(/^(?=pass|FAIL)/m);
    const subjects = before.split('\n').filter((line) => /^\w/.test(line));
    expect(subjects).toEqual(['Cost', 'Duration', 'Approvals', 'Roles of AWS', 'Tear-down']);
    const said = before.replaceAll(/\s+/g, ' ');
    expect(said).toMatch(/about 2,\d{3} USD a month before traffic/);
    expect(said).toMatch(/asks before each of 1\d stacks/);
    expect(said).toContain('AWSServiceRoleForECS');
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  test('names what has no price', () => {
    const plan = planOf('dev');
    const stacks = plan.stacks.map((stack) => ({
      ...stack,
      template: JSON.parse(
        JSON.stringify(stack.template).replaceAll('kafka.t3.small', 'kafka.m7g.16xlarge'),
      ) as typeof stack.template,
    }));
    const [cost] = forecast({ ...plan, stacks });
    expect(cost?.[1]).toContain('Not included: brokers kafka.m7g.16xlarge.');
  });

  test('lists all that is retained for a tear-down, and nothing that is deleted', async () => {
    const retained = resourcesOf('prod').filter(({ resource }) =>
      String(resource['DeletionPolicy']).startsWith('Retain'),
    );
    const counts = teardown(planOf('prod')).flatMap(([subject]) => {
      const [, count] = /^(\d+) /.exec(subject) ?? [];
      return count === undefined ? [] : [Number(count)];
    });
    const deletedKeys =
      countOf('prod', 'AWS::KMS::Key') -
      retained.filter(({ resource }) => resource['Type'] === 'AWS::KMS::Key').length;
    expect(counts.reduce((sum, one) => sum + one, 0)).toBe(retained.length + deletedKeys);
    const { exitCode, stdout = '' } = await run('prod', '--teardown');
    expect(exitCode).toBe(0);
    for (const what of ['buckets', 'tables', 'log groups', 'image repository', 'keys', 'database', 'secrets'])
      expect(stdout).toContain(what);
    expect(stdout.replaceAll(/\s+/g, '')).toContain('gatehouse-prod-shop');
    const dev = teardown(planOf('dev')).map(([subject]) => subject);
    expect(dev.filter((subject) => /table|bucket|log group|repository/.test(subject))).toEqual([]);
  });
});
