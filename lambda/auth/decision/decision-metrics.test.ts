import { expect, test } from 'vitest';
import { noon } from '../../../runtime/tokens/testing/test-issuers.ts';
import { policy } from '../testing/decision-fixtures.ts';
import { buildDecision, type DecisionTelemetry } from './decision.ts';
import { decisionMetrics } from './decision-metrics.ts';
import { preparePolicy } from './prepared-policy.ts';

const route = preparePolicy(policy).routes.get('GET /api/orders');
if (route === undefined) throw new Error('The fixture is faulty.');

const quiet = { ageSeconds: 12, refused: 0, failedPolls: 0 };
const fieldsOf = (line: string) => {
  const { _aws: aws, ...fields } = JSON.parse(line) as {
    _aws: { CloudWatchMetrics: { Dimensions: string[][]; Metrics: { Name: string }[] }[] };
  } & Record<string, unknown>;
  const series = aws.CloudWatchMetrics.flatMap(({ Dimensions: [dimensions = []], Metrics: metrics }) =>
    metrics.map(({ Name: name }) => `${name} by ${dimensions.join(', ')}`),
  );
  return { fields, series };
};
const measured = (seen: DecisionTelemetry, news = quiet) =>
  fieldsOf(
    decisionMetrics(
      buildDecision('allow', 'ok', { policyVersion: 'v', route }, { telemetry: seen }),
      policy.environment,
      news,
      noon,
    ),
  );

test('counts an ordinary decision, with values of high cardinality only as fields', () => {
  const { fields, series } = measured({});
  expect(series).toEqual(['Decisions by environment, decision']);
  expect(fields).toEqual({
    environment: 'test',
    decision: 'allow',
    reason: 'ok',
    route: 'GET /api/orders',
    service: 'order',
    policyVersion: 'v',
    policyAgeSeconds: 12,
    Decisions: 1,
  });
});

test.each<[string, DecisionTelemetry, string[]]>([
  [
    'a limit near exhaustion',
    { limits: { closest: { name: 'user', isOver: false } } },
    ['NearLimit by environment, limit'],
  ],
  [
    'a limit that refused',
    { limits: { closest: { name: 'user', isOver: true } } },
    ['OverLimit by environment, limit'],
  ],
  [
    'a limit in shadow',
    { limits: { overInShadow: 'user' } },
    ['ShadowOverLimit by environment, shadowLimit'],
  ],
  [
    'a failed limit store',
    { limitStoreFailure: { kind: 'failed', reason: 'x' } },
    ['LimitStoreFailures by environment'],
  ],
  [
    'a limit store that was too slow, and a route that is still served',
    { limitStoreFailure: { kind: 'failed', reason: 'x', timedOut: true }, limits: {} },
    ['LimitStoreFailures by environment', 'LimitStoreTimeouts by environment', 'FailOpen by environment'],
  ],
  ['a rebuilt counter', { rebuild: 'rebuilt' }, ['QuotasRebuilt by environment']],
  ['a counter that was not rebuilt', { rebuild: 'failed' }, ['QuotaRebuildFailures by environment']],
  ['a counter that is late', { rebuild: 'late' }, []],
])('counts %s', (_, seen, expected) => {
  const { fields, series } = measured(seen);
  expect(series).toEqual(['Decisions by environment, decision', ...expected]);
  for (const name of series.flatMap((text) => text.split(' by ')[0] ?? [])) expect(fields[name]).toBe(1);
  for (const name of series.flatMap((text) => text.split(' by ')[1]?.split(', ') ?? [])) {
    expect(fields[name]).toMatch(/^[a-z]+$/);
  }
});

test("counts the policy's events since the last decision", () => {
  expect(measured({}, { ...quiet, refused: 2, failedPolls: 1 }).series).toEqual([
    'Decisions by environment, decision',
    'RuntimePoliciesRejected by environment',
    'RuntimePolicyPollFailures by environment',
  ]);
});
