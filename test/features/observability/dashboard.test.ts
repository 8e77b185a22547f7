import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { partnerAccessLogFields } from '../../../lib/features/partner-api/partner-access-log-format.ts';
import { accessLogFields } from '../../../lib/features/public-api/access-log-format.ts';
import { environmentNames, type Resource, resourcesOf } from '../../support/synth.ts';

/** A metric as a dashboard or an alarm names it. */
interface Source {
  readonly namespace: string;
  readonly name: string;
  /** Names of its dimensions, sorted. */
  readonly dimensions: string;
}

/** What AWS tells of the services that are used, by the pages named in the `*-metrics.ts` files of lib/features. */
const awsMetrics: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'AWS/ApiGateway': {
    'ApiId,Stage': ['Count', '4xx', '5xx', 'Latency', 'IntegrationLatency'],
    'ApiName,Stage': ['Count', '4XXError', '5XXError', 'Latency', 'IntegrationLatency'],
  },
  'AWS/ApplicationELB': {
    LoadBalancer: [
      'RequestCount',
      'HTTP_Fixed_Response_Count',
      'RejectedConnectionCount',
      'HTTPCode_ELB_5XX_Count',
    ],
    'LoadBalancer,TargetGroup': [
      'RequestCount',
      'HTTPCode_Target_5XX_Count',
      'TargetResponseTime',
      'UnHealthyHostCount',
    ],
  },
  'AWS/CloudFront': {
    'DistributionId,Region': [
      'Requests',
      '4xxErrorRate',
      '5xxErrorRate',
      // Of a distribution with a monitoring subscription.
      'CacheHitRate',
      'OriginLatency',
    ],
  },
  'AWS/WAFV2': {
    'Rule,WebACL': ['AllowedRequests', 'BlockedRequests', 'CountedRequests'],
    'Region,Rule,WebACL': ['AllowedRequests', 'BlockedRequests'],
  },
  'AWS/Lambda': {
    FunctionName: [
      'Invocations',
      'Errors',
      'Throttles',
      'Duration',
      'ConcurrentExecutions',
      'AsyncEventAge',
      'DestinationDeliveryFailures',
    ],
    'FunctionName,Resource': ['ProvisionedConcurrencySpilloverInvocations'],
  },
  'AWS/ECS': { 'ClusterName,ServiceName': ['CPUUtilization', 'MemoryUtilization'] },
  // Of a cluster with Container Insights.
  'ECS/ContainerInsights': { 'ClusterName,ServiceName': ['RunningTaskCount', 'DesiredTaskCount'] },
  'AWS/ElastiCache': {
    clusterId: [
      'TotalCmdsCount',
      'ThrottledCmds',
      'Evictions',
      'ElastiCacheProcessingUnits',
      'BytesUsedForCache',
      'CurrConnections',
      'CacheHitRate',
      'SuccessfulReadRequestLatency',
      'SuccessfulWriteRequestLatency',
    ],
  },
  'AWS/RDS': {
    DBClusterIdentifier: [
      'CPUUtilization',
      'ACUUtilization',
      'ServerlessDatabaseCapacity',
      'DatabaseConnections',
      'FreeableMemory',
      'AuroraReplicaLagMaximum',
      'Deadlocks',
      'CommitLatency',
    ],
    'DBClusterIdentifier,Role': ['CPUUtilization'],
  },
  // All of MSK's level DEFAULT, which is free ("Amazon MSK metrics for monitoring"); the brokers report no other.
  'AWS/Kafka': {
    'Cluster Name': ['ActiveControllerCount', 'OfflinePartitionsCount'],
    'Broker ID,Cluster Name': ['UnderReplicatedPartitions', 'KafkaDataLogsDiskUsed', 'CpuUser', 'CpuSystem'],
    'Broker ID,Cluster Name,Topic': ['BytesInPerSec'],
    'Cluster Name,Consumer Group,Topic': ['SumOffsetLag'],
  },
  'AWS/SQS': { QueueName: ['ApproximateAgeOfOldestMessage', 'ApproximateNumberOfMessagesVisible'] },
  'AWS/DynamoDB': { TableName: ['ReadThrottleEvents', 'WriteThrottleEvents'] },
  'AWS/Events': { RuleName: ['TriggeredRules'] },
  'AWS/Usage': { 'Class,Resource,Service,Type': ['ResourceCount'] },
};

/** Dimensions of the gateway's own metrics besides the environment. */
const ownDimensions = ['currency', 'decision', 'limit', 'mismatch', 'reason', 'shadowLimit'];

/** The code of functions and services, without the contracts that only name metrics and without tests. */
const code = ['lambda', 'runtime', 'services']
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  )
  .filter((file) => file.endsWith('.ts') && !/\.test\.ts$|contract\.ts$|testing/.test(file))
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');

function isReported({ namespace, name, dimensions }: Source): boolean {
  if (namespace !== 'Gatehouse') return awsMetrics[namespace]?.[dimensions]?.includes(name) ?? false;
  const others = dimensions.split(',').filter((dimension) => dimension !== 'environment');
  return (
    others.every((dimension) => ownDimensions.includes(dimension)) &&
    (new RegExp(`\\b${name}\\b`).test(code) || name === 'PartnerPlanDrift')
  );
}

type EnvironmentName = (typeof environmentNames)[number];

function ofType(environment: EnvironmentName, type: string): Resource[] {
  return resourcesOf(environment).flatMap(({ resource }) =>
    resource['Type'] === type ? [resource['Properties'] as Resource] : [],
  );
}

interface Widget {
  readonly type: string;
  readonly properties: {
    readonly title?: string;
    readonly metrics?: readonly (readonly unknown[])[];
    readonly insightRule?: { readonly ruleName: string };
  };
}

function dashboardOf(environment: EnvironmentName): Widget[] {
  const [dashboard, ...others] = ofType(environment, 'AWS::CloudWatch::Dashboard');
  if (dashboard === undefined || others.length > 0) throw new Error('There is not one dashboard.');
  const body = dashboard['DashboardBody']['Fn::Join'] as [string, unknown[]];
  // What is known only once it is deployed stands in the middle of a text.
  const text = body[1].map((part) => (typeof part === 'string' ? part : 'X')).join('');
  return (JSON.parse(text) as { widgets: Widget[] }).widgets;
}

function sourcesOfDashboard(environment: EnvironmentName): Source[] {
  return dashboardOf(environment).flatMap(({ properties }) =>
    (properties.metrics ?? []).flatMap((metric) => {
      const words = metric.filter((part): part is string => typeof part === 'string');
      const [namespace, name, ...dimensions] = words;
      if (namespace === undefined || name === undefined) return [];
      return [
        {
          namespace,
          name,
          dimensions: dimensions
            .filter((_, index) => index % 2 === 0)
            .sort()
            .join(','),
        },
      ];
    }),
  );
}

function sourcesOfAlarms(environment: EnvironmentName): Source[] {
  const source = (metric: Resource): Source => ({
    namespace: metric['Namespace'],
    name: metric['MetricName'],
    dimensions: ((metric['Dimensions'] ?? []) as { Name: string }[])
      .map(({ Name }) => Name)
      .sort()
      .join(','),
  });
  return ofType(environment, 'AWS::CloudWatch::Alarm').flatMap((alarm) =>
    alarm['Metrics'] === undefined
      ? [source(alarm)]
      : (alarm['Metrics'] as Resource[]).flatMap((metric) =>
          metric['MetricStat'] === undefined ? [] : [source(metric['MetricStat'].Metric)],
        ),
  );
}

describe.each(environmentNames)('the monitoring of %s', (environment) => {
  test('uses only metrics that exist: dashboard', () => {
    const sources = sourcesOfDashboard(environment);
    expect(sources.length).toBeGreaterThan(60);
    expect(sources.filter((source) => !isReported(source))).toEqual([]);
  });

  test('uses only metrics that exist: alarms', () => {
    const sources = sourcesOfAlarms(environment);
    expect(sources.length).toBeGreaterThan(60);
    expect(sources.filter((source) => !isReported(source))).toEqual([]);
  });

  test('enables the settings that make AWS report the metrics', () => {
    expect(JSON.stringify(ofType(environment, 'AWS::ECS::Cluster')[0]?.['ClusterSettings'])).toContain(
      'enhanced',
    );
    expect(ofType(environment, 'AWS::CloudFront::MonitoringSubscription')[0]).toMatchObject({
      MonitoringSubscription: {
        RealtimeMetricsSubscriptionConfig: { RealtimeMetricsSubscriptionStatus: 'Enabled' },
      },
    });
  });

  test('stays within the limits of a dashboard', () => {
    const widgets = dashboardOf(environment);
    // CloudWatch quotas: 500 widgets, 500 metrics in one, 2 500 in all.
    expect(widgets.length).toBeLessThan(500);
    const graphs = widgets.filter(
      ({ type, properties }) => type === 'metric' && properties.insightRule === undefined,
    );
    const counts = graphs.map(({ properties }) => properties.metrics?.length ?? 0);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(Math.max(...counts)).toBeLessThan(500);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThan(2_500);
  });
});

describe('the dashboard', () => {
  const titles = dashboardOf('prod').map(({ properties }) => properties.title ?? '');

  test('has the rows in the order of a request, then of its dependencies', () => {
    const order = [
      'Alarms',
      'Failed, percent',
      'Edge: requests',
      'Public API: requests',
      'Public API: average gateway overhead',
      'Partner API',
      'Decisions',
      'Limits: over 80 %',
      'Functions: invocations',
      'Most throttled clients',
      'Calls by plan',
      'Load balancer',
      'Services: tasks',
      'Limit store: commands',
      'Database:',
      'Brokers:',
      'Orders',
    ].map((title) => titles.findIndex((known) => known.startsWith(title)));
    expect(order).not.toContain(-1);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  test('shows only Contributor Insights rules that exist', () => {
    const rules = new Set(ofType('prod', 'AWS::CloudWatch::InsightRule').map((rule) => rule['RuleName']));
    const shown = dashboardOf('prod').flatMap(({ properties }) => properties.insightRule?.ruleName ?? []);
    expect(new Set(shown)).toEqual(rules);
  });
});

describe('the saved queries and insight rules', () => {
  const known = new Set([...Object.keys(accessLogFields), ...Object.keys(partnerAccessLogFields)]);
  const words = new Set(
    (
      'fields filter stats sort limit by as desc in and timestamp message ' +
      'count count_distinct sum avg min max pct bin h m'
    ).split(' '),
  );

  test.each(
    ofType('prod', 'AWS::Logs::QueryDefinition').map((query) => ({
      name: query['Name'] as string,
      text: query['QueryString'] as string,
    })),
  )('$name names fields of the log', ({ text }) => {
    const plain = text.replaceAll(/'[^']*'/g, '');
    const given = new Set([...plain.matchAll(/ as (\w+)/g)].map(([, alias = '']) => alias));
    const used = [...plain.matchAll(/[a-z]\w*/gi)].map(([word]) => word);
    expect(used.filter((word) => !known.has(word) && !words.has(word) && !given.has(word))).toEqual([]);
  });

  test('counts contributors by fields of the log', () => {
    const rules = ofType('prod', 'AWS::CloudWatch::InsightRule').map((rule) =>
      JSON.stringify(rule['RuleBody']),
    );
    expect(rules).toHaveLength(5);
    const paths = rules.flatMap((rule) => [...rule.matchAll(/\$\.(\w+)/g)].map(([, field = '']) => field));
    expect(paths.filter((field) => !known.has(field))).toEqual([]);
    expect(rules.some((rule) => rule.includes('throttled') && rule.includes('quota'))).toBe(true);
  });

  test('has field indexes', () => {
    const indexed = resourcesOf('prod').flatMap(({ resource }) =>
      resource['Type'] === 'AWS::Logs::LogGroup' ? (resource['Properties'].FieldIndexPolicies ?? []) : [],
    ) as { Fields: string[] }[];
    expect(indexed).toHaveLength(1);
    expect(indexed[0]?.Fields.length).toBeLessThanOrEqual(20);
    expect(indexed[0]?.Fields.filter((field) => !known.has(field))).toEqual([]);
  });
});
