import { describe, expect, test } from 'vitest';
import { logGroups } from '../../lib/compile/log-groups.ts';
import { loadConfiguration } from '../../lib/config/index.ts';
import {
  type Alarm,
  alarmsOf,
  type EnvironmentName,
  named,
  notifies,
  referredTo,
} from '../support/alarms.ts';
import { readRunbooks } from '../support/runbooks.ts';
import { environmentNames, type Resource, resourcesOf } from '../support/synth.ts';

describe('the four alarms that the shop requires', () => {
  test.each([
    {
      condition: '5xx over 5 % for two minutes',
      pattern: /Observability\/PublicApiPublicApiServerErrors/,
      threshold: 5,
      minutes: 2,
    },
    {
      condition: 'p95 over 500 ms for five minutes',
      pattern: /Observability\/PublicApiPublicApiLatencyHigh/,
      threshold: 500,
      minutes: 5,
    },
    {
      condition: 'failed orders over 5 % for two minutes',
      pattern: /BusinessOrderFailures/,
      threshold: 5,
      minutes: 2,
    },
    {
      condition: 'a mismatch of stock for a minute',
      pattern: /BusinessInventoryMismatch/,
      threshold: 0,
      minutes: 1,
    },
  ])('$condition', ({ pattern, threshold, minutes }) => {
    const alarm = named('prod', pattern);
    expect(alarm).toMatchObject({
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: threshold,
      EvaluationPeriods: minutes,
      TreatMissingData: 'notBreaching',
    });
    const periods = (alarm['Metrics'] as Resource[]).flatMap((metric) => metric['MetricStat']?.Period ?? []);
    expect(new Set(periods)).toEqual(new Set([60]));
  });

  test('require a minimum of calls, except for stock', () => {
    for (const pattern of [
      /Observability\/PublicApiPublicApiServerErrors/,
      /Observability\/PublicApiPublicApiLatencyHigh/,
      /BusinessOrderFailures/,
    ]) {
      expect(JSON.stringify(named('prod', pattern)['Metrics'])).toContain('>= 20');
    }
  });

  test('page for CustomerImpact and InventoryMismatch only', () => {
    const critical = alarmsOf('prod').filter((alarm) => notifies(alarm) === 'critical');
    expect(critical.map(({ name }) => name.replace(/[0-9A-F]{8}$/, ''))).toEqual([
      expect.stringMatching(/ImpactCustomerImpactGroup$/),
      expect.stringMatching(/BusinessInventoryMismatchAlarm$/),
    ]);
  });
});

describe.each(environmentNames)('the alarms of %s', (environment) => {
  const alarms = alarmsOf(environment);
  const parents = new Map<string, Alarm[]>();
  for (const group of alarms.filter(({ isComposite }) => isComposite)) {
    for (const child of referredTo(alarms, group, group.properties['AlarmRule'])) {
      parents.set(child, [...(parents.get(child) ?? []), group]);
    }
  }
  /** Alarms that notify when an alarm is raised: itself, and the groups above it. */
  const notifiers = (alarm: Alarm): Set<string> => {
    const above = (parents.get(alarm.name) ?? []).flatMap((parent) => [...notifiers(parent)]);
    return new Set([...above, ...(notifies(alarm) === 'nobody' ? [] : [alarm.name])]);
  };

  test('notify once each', () => {
    const silent = /DependencyDown|ImpactDownstreamSuppressor/;
    const wrong = alarms
      .filter(({ name }) => !silent.test(name))
      .map((alarm) => ({ name: alarm.name, notifiers: [...notifiers(alarm)] }))
      .filter((alarm) => alarm.notifiers.length !== 1);
    expect(wrong).toEqual([]);
  });

  test('are suppressed while their cause notifies', () => {
    const groups = alarms.filter(({ properties }) => properties['ActionsSuppressor'] !== undefined);
    expect(groups.length).toBeGreaterThan(10);
    for (const group of groups) {
      expect(referredTo(alarms, group, group.properties['ActionsSuppressor'])).toHaveLength(1);
      expect(group.properties).toMatchObject({
        ActionsSuppressorWaitPeriod: 120,
        ActionsSuppressorExtensionPeriod: 600,
      });
    }
    const suppressed = groups.map(({ name }) => name).join(' ');
    for (const follower of ['Service-order/', 'PublicApiPublicApiDegraded', 'EventsDelayed', 'Function']) {
      expect(suppressed).toContain(follower);
    }
  });

  test('stay within the limits of CloudWatch for composite alarms', () => {
    const children = alarms
      .filter(({ isComposite }) => isComposite)
      .map((group) => referredTo(alarms, group, group.properties['AlarmRule']).length);
    expect(Math.max(...children)).toBeLessThanOrEqual(100);
    expect(Math.min(...children)).toBeGreaterThan(0);
  });

  test('stay within the limits of CloudWatch for metrics and evaluation time', () => {
    const measured = alarms
      .filter(({ isComposite }) => !isComposite)
      .map(({ name, properties }) => {
        const stats = ((properties['Metrics'] ?? []) as Resource[]).flatMap(
          (metric) => metric['MetricStat'] ?? [],
        );
        const period = Math.max(properties['Period'] ?? 0, ...stats.map((stat: Resource) => stat['Period']));
        return { name, metrics: stats.length, seconds: period * properties['EvaluationPeriods'] };
      });
    // "An alarm's total evaluation period": a day, or a week for periods of an hour and more.
    expect(measured.filter(({ metrics, seconds }) => metrics > 10 || seconds > 86_400)).toEqual([]);
  });

  test('treat missing data as breaching only for metrics that always report', () => {
    const strict = alarms.filter(({ properties }) => properties['TreatMissingData'] === 'breaching');
    for (const { name } of strict) expect(name).toMatch(/DatabaseUnavailable|NoActiveController|NoTraffic/);
  });
});

describe('every service', () => {
  const common = [
    'ServiceServerErrors',
    'ServiceLatencyHigh',
    'UnhealthyTargets',
    'MissingTasks',
    'ServiceCpuOrMemoryHigh',
  ];

  test.each([
    { service: 'order', words: [...common, 'Lag'] },
    { service: 'order-canary', words: common },
    { service: 'product', words: common },
  ])('$service has its alarms in one group', ({ service, words }) => {
    const stack = `Service-${service.replace('-canary', '')}/`;
    const alarms = alarmsOf('prod').filter(({ name }) => name.startsWith(stack));
    const group = alarms.find(({ name }) =>
      name.startsWith(`${stack}Alarms${service.replace('-', '')}ServiceDegraded`),
    );
    if (group === undefined) throw new Error(`${service} has no alarm group.`);
    const children = referredTo(alarms, group, group.properties['AlarmRule']).join(' ');
    for (const word of words) expect(children).toContain(word);
  });
});

describe('the objectives', () => {
  const alarmOf = (name: string) => named('prod', new RegExp(`Impact${name}Alarm`));

  test.each([
    { name: 'AvailabilityObjectiveFastBurn60m', threshold: 1.44, seconds: 3_600 },
    { name: 'AvailabilityObjectiveFastBurn5m', threshold: 1.44, seconds: 300 },
    { name: 'AvailabilityObjectiveMediumBurn360m', threshold: 0.6, seconds: 21_600 },
    { name: 'AvailabilityObjectiveMediumBurn30m', threshold: 0.6, seconds: 1_800 },
    { name: 'AvailabilityObjectiveSlowBurn1440m', threshold: 0.3, seconds: 86_400 },
    { name: 'AvailabilityObjectiveSlowBurn120m', threshold: 0.3, seconds: 7_200 },
    { name: 'LatencyObjectiveFastBurn60m', threshold: 72, seconds: 3_600 },
    { name: 'LatencyObjectiveSlowBurn120m', threshold: 15, seconds: 7_200 },
  ])('$name burns over $threshold %', ({ name, threshold, seconds }) => {
    const alarm = alarmOf(name);
    expect(alarm).toMatchObject({ Threshold: threshold, EvaluationPeriods: 1 });
    const periods = (alarm['Metrics'] as Resource[]).flatMap((metric) => metric['MetricStat']?.Period ?? []);
    expect(new Set(periods)).toEqual(new Set([seconds]));
  });

  test('measure the percentage of calls within the time', () => {
    expect(JSON.stringify(alarmOf('LatencyObjectiveFastBurn60m')['Metrics'])).toContain('"Stat":"PR(:500)"');
  });

  test('page only if both windows burn', () => {
    const alarms = alarmsOf('prod');
    const fast = alarms.find(({ name }) => /ImpactAvailabilityObjectiveFastBurn[0-9A-F]{8}$/.test(name));
    if (fast === undefined) throw new Error('The fast burn alarm is missing.');
    expect(JSON.stringify(fast.properties['AlarmRule'])).toContain(' AND ');
    expect(referredTo(alarms, fast, fast.properties['AlarmRule'])).toHaveLength(2);
    expect(notifies(fast)).toBe('nobody');
    const affected = alarms.find(({ name }) => name.includes('ImpactCustomerImpact'));
    if (affected === undefined) throw new Error('The alarm that pages is missing.');
    expect(referredTo(alarms, affected, affected.properties['AlarmRule'])).toContain(fast.name);
  });
});

describe('the runbooks', () => {
  const deployed = ['dev', 'staging', 'prod'] as const;
  const runbooks = readRunbooks();
  /** Name, and lines of the description by their labels. */
  const described = (environment: EnvironmentName) =>
    alarmsOf(environment).map(({ name, properties }) => {
      const [description, ...lines] = (properties['AlarmDescription'] as string).split('\n');
      const labelled = new Map(lines.map((line) => line.split(/: (.*)/) as [string, string]));
      return { id: name, name: properties['AlarmName'] as string, description, labelled };
    });

  test('are one page per alarm, and no page without an alarm', () => {
    const named = deployed.flatMap((environment) => {
      const base = `${loadConfiguration(environment).environment.alarms.runbookBaseUrl}/`;
      return described(environment).map(({ labelled }) => {
        const url = labelled.get('Runbook') ?? '';
        expect(url.startsWith(base)).toBe(true);
        return url.slice(base.length, -'.md'.length);
      });
    });
    expect([...new Set(named)].sort()).toEqual(runbooks.map(({ name }) => name));
  });

  test('have the name of each alarm that notifies, without its subject', () => {
    const pages = runbooks.map(({ name }) => name.split('/')[1] ?? '');
    const notifying = alarmsOf('prod').filter((alarm) => notifies(alarm) !== 'nobody');
    const without = notifying
      .map(({ properties }) => String(properties['AlarmName']).replace('gatehouse-prod-', ''))
      .filter((name) => !pages.some((page) => name.startsWith(page)));
    expect(without).toEqual([]);
  });

  test.each(deployed)(
    'are linked from every alarm of %s, with the console and the first query',
    (environment) => {
      for (const { id, name, description, labelled } of described(environment)) {
        const region = id.startsWith('Edge/') ? 'us-east-1' : 'eu-west-1';
        expect(name).toMatch(new RegExp(`^gatehouse-${environment}-[A-Z]`));
        expect(description).toMatch(/[.]$/);
        expect(labelled.get('Runbook')).toMatch(/^https:\/\/\S+\/[a-z-]+\/[A-Za-z]+\.md$/);
        expect(labelled.get('Metric')).toBe(
          `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#alarmsV2:alarm/${name}`,
        );
        expect(labelled.get('First query')).toMatch(
          new RegExp(`^npm run ops -- (open|logs) .+ --env ${environment}$`),
        );
      }
    },
  );

  test('open alarms that exist', () => {
    const names = alarmsOf('prod').map(({ properties }) => String(properties['AlarmName']));
    const opened = runbooks.flatMap(({ opsCommands }) =>
      opsCommands.flatMap(([verb, alarm = '']) => (verb === 'open' ? [alarm] : [])),
    );
    const unknown = opened.filter(
      (alarm) => !names.some((name) => name.startsWith(`gatehouse-prod-${alarm}`)),
    );
    expect(unknown).toEqual([]);
  });

  test('read log groups that exist, each from one name', () => {
    const found = resourcesOf('prod').filter(({ resource }) => resource['Type'] === 'AWS::Logs::LogGroup');
    for (const [name, { stack, logicalId }] of logGroups(loadConfiguration('prod').catalogue)) {
      const matches = found.filter(
        (group) =>
          group.stack
            .replaceAll(/\B[A-Z]/g, '-$&')
            .toLowerCase()
            .replaceAll('--', '-') === stack && new RegExp(`^${logicalId}[0-9A-F]{8}$`).test(group.id),
      );
      expect([name, matches.length]).toEqual([name, 1]);
    }
  });
});
