import { describe, expect, test } from 'vitest';
import { environmentNames, type Resource, resourcesOf } from '../support/synth.ts';

interface Alarm {
  /** `Stack/Id`. */
  readonly name: string;
  readonly properties: Resource;
  readonly isComposite: boolean;
}

type EnvironmentName = (typeof environmentNames)[number];

const types = { 'AWS::CloudWatch::Alarm': false, 'AWS::CloudWatch::CompositeAlarm': true };

function alarmsOf(environment: EnvironmentName): Alarm[] {
  return resourcesOf(environment).flatMap(({ stack, id, resource }) =>
    resource['Type'] in types
      ? [
          {
            name: `${stack}/${id}`,
            properties: resource['Properties'] as Resource,
            isComposite: types[resource['Type'] as keyof typeof types],
          },
        ]
      : [],
  );
}

/** Names of the alarms that a rule or a suppressor refers to: by logical id in its stack, by output in other stacks. */
function referredTo(alarms: readonly Alarm[], within: Alarm, reference: unknown): string[] {
  const text = JSON.stringify(reference ?? '');
  const stack = within.name.split('/')[0];
  return alarms
    .filter(({ name }) => {
      const [otherStack, id = ''] = name.split('/');
      return otherStack === stack
        ? text.includes(`["${id}","Arn"]`)
        : text.includes(`FnGetAtt${id}Arn`) || text.includes(`Ref${id}`);
    })
    .map(({ name }) => name);
}

function named(environment: EnvironmentName, pattern: RegExp): Resource {
  const found = alarmsOf(environment).filter(({ name }) => pattern.test(name));
  if (found.length !== 1 || found[0] === undefined) {
    throw new Error(`${found.length} alarms match ${String(pattern)}. Exactly one must match.`);
  }
  return found[0].properties;
}

/** The topic that an alarm notifies. */
function notifiedTopic({ properties }: Alarm): 'warnings' | 'critical' | 'none' {
  const actions = JSON.stringify(properties['AlarmActions'] ?? []);
  if (actions === '[]') return 'none';
  return actions.includes('Critical') ? 'critical' : 'warnings';
}

describe('the alarms for server errors, latency, orders and stock', () => {
  test.each([
    {
      what: '5xx over 5 % for two minutes',
      pattern: /Observability\/ApisPublicApiServerErrors/,
      threshold: 5,
      minutes: 2,
    },
    {
      what: 'p95 over 500 ms for five minutes',
      pattern: /Observability\/ApisPublicApiLatencyHigh/,
      threshold: 500,
      minutes: 5,
    },
    {
      what: 'failed orders over 5 % for two minutes',
      pattern: /BusinessOrderFailures/,
      threshold: 5,
      minutes: 2,
    },
    {
      what: 'a mismatch of stock for a minute',
      pattern: /BusinessInventoryMismatch/,
      threshold: 0,
      minutes: 1,
    },
  ])('$what', ({ pattern, threshold, minutes }) => {
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

  test('need a minimum number of calls, except the alarm for stock', () => {
    for (const pattern of [
      /Observability\/ApisPublicApiServerErrors/,
      /Observability\/ApisPublicApiLatencyHigh/,
      /BusinessOrderFailures/,
    ]) {
      expect(JSON.stringify(named('prod', pattern)['Metrics'])).toContain('>= 20');
    }
  });

  test('page for critical alarms only', () => {
    const critical = alarmsOf('prod').filter((alarm) => notifiedTopic(alarm) === 'critical');
    expect(critical.map(({ name }) => name.replace(/[0-9A-F]{8}$/, ''))).toEqual([
      expect.stringMatching(/ApisCustomerImpactGroup$/),
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
  /** Alarms that notify when an alarm is raised: the alarm, and the groups that contain it. */
  const notifiers = (alarm: Alarm): Set<string> => {
    const above = (parents.get(alarm.name) ?? []).flatMap((parent) => [...notifiers(parent)]);
    return new Set([...above, ...(notifiedTopic(alarm) === 'none' ? [] : [alarm.name])]);
  };

  test('notify exactly once each', () => {
    const suppressors = /DependencyDown|ApisDownstreamSuppressor/;
    const wrong = alarms
      .filter(({ name }) => !suppressors.test(name))
      .map((alarm) => ({ name: alarm.name, notifiers: [...notifiers(alarm)] }))
      .filter((alarm) => alarm.notifiers.length !== 1);
    expect(wrong).toEqual([]);
  });

  test('are suppressed while the alarm of their cause is raised', () => {
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
    for (const follower of ['Service-order/', 'ApisPublicApiDegraded', 'EventsDelayed', 'Function']) {
      expect(suppressed).toContain(follower);
    }
  });

  test("stay within CloudWatch's quota of children per composite alarm", () => {
    const children = alarms
      .filter(({ isComposite }) => isComposite)
      .map((group) => referredTo(alarms, group, group.properties['AlarmRule']).length);
    expect(Math.max(...children)).toBeLessThanOrEqual(100);
    expect(Math.min(...children)).toBeGreaterThan(0);
  });

  test("stay within CloudWatch's quotas of metrics and evaluation period", () => {
    const measured = alarms
      .filter(({ isComposite }) => !isComposite)
      .map(({ name, properties }) => {
        const stats = ((properties['Metrics'] ?? []) as Resource[]).flatMap(
          (metric) => metric['MetricStat'] ?? [],
        );
        const period = Math.max(properties['Period'] ?? 0, ...stats.map((stat: Resource) => stat['Period']));
        return { name, metrics: stats.length, seconds: period * properties['EvaluationPeriods'] };
      });
    // CloudWatch limits an alarm's total evaluation period to a day, or to a week for periods of an hour and more.
    expect(measured.filter(({ metrics, seconds }) => metrics > 10 || seconds > 86_400)).toEqual([]);
  });

  test('treat missing data as breaching only for metrics that must always have data', () => {
    const strict = alarms.filter(({ properties }) => properties['TreatMissingData'] === 'breaching');
    for (const { name } of strict) expect(name).toMatch(/DatabaseUnavailable|NoActiveController|NoTraffic/);
  });
});

describe('every service', () => {
  const serviceAlarms = [
    'ServiceServerErrors',
    'ServiceLatencyHigh',
    'UnhealthyTargets',
    'MissingTasks',
    'ServiceCpuOrMemoryHigh',
  ];

  test.each([
    { service: 'order', words: [...serviceAlarms, 'Lag'] },
    { service: 'order-canary', words: serviceAlarms },
    { service: 'product', words: serviceAlarms },
  ])('$service has its alarms, in one group', ({ service, words }) => {
    const stack = `Service-${service.replace('-canary', '')}/`;
    const alarms = alarmsOf('prod').filter(({ name }) => name.startsWith(stack));
    const group = alarms.find(({ name }) =>
      name.startsWith(`${stack}Alarms${service.replace('-', '')}ServiceDegraded`),
    );
    if (group === undefined) throw new Error(`${service} has no group of alarms.`);
    const children = referredTo(alarms, group, group.properties['AlarmRule']).join(' ');
    for (const word of words) expect(children).toContain(word);
  });
});

describe('the objectives', () => {
  const alarmOf = (name: string) => named('prod', new RegExp(`Apis${name}Alarm`));

  test.each([
    { name: 'AvailabilityObjectiveFastBurn60m', threshold: 1.44, seconds: 3_600 },
    { name: 'AvailabilityObjectiveFastBurn5m', threshold: 1.44, seconds: 300 },
    { name: 'AvailabilityObjectiveMediumBurn360m', threshold: 0.6, seconds: 21_600 },
    { name: 'AvailabilityObjectiveMediumBurn30m', threshold: 0.6, seconds: 1_800 },
    { name: 'AvailabilityObjectiveSlowBurn1440m', threshold: 0.3, seconds: 86_400 },
    { name: 'AvailabilityObjectiveSlowBurn120m', threshold: 0.3, seconds: 7_200 },
    { name: 'LatencyObjectiveFastBurn60m', threshold: 72, seconds: 3_600 },
    { name: 'LatencyObjectiveSlowBurn120m', threshold: 15, seconds: 7_200 },
  ])('$name is raised over $threshold percent', ({ name, threshold, seconds }) => {
    const alarm = alarmOf(name);
    expect(alarm).toMatchObject({ Threshold: threshold, EvaluationPeriods: 1 });
    const periods = (alarm['Metrics'] as Resource[]).flatMap((metric) => metric['MetricStat']?.Period ?? []);
    expect(new Set(periods)).toEqual(new Set([seconds]));
  });

  test('measure the percentage of calls under 500 ms', () => {
    expect(JSON.stringify(alarmOf('LatencyObjectiveFastBurn60m')['Metrics'])).toContain('"Stat":"PR(:500)"');
  });

  test('page only if both windows exceed the burn rate', () => {
    const alarms = alarmsOf('prod');
    const fast = alarms.find(({ name }) => /ApisAvailabilityObjectiveFastBurn[0-9A-F]{8}$/.test(name));
    if (fast === undefined) throw new Error('The alarm for the fast burn rate does not exist.');
    expect(JSON.stringify(fast.properties['AlarmRule'])).toContain(' AND ');
    expect(referredTo(alarms, fast, fast.properties['AlarmRule'])).toHaveLength(2);
    expect(notifiedTopic(fast)).toBe('none');
    const customerImpact = alarms.find(({ name }) => name.includes('ApisCustomerImpact'));
    if (customerImpact === undefined) throw new Error('The alarm for customer impact does not exist.');
    expect(referredTo(alarms, customerImpact, customerImpact.properties['AlarmRule'])).toContain(fast.name);
  });
});
