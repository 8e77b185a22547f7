import { usagePlanSettings } from '../../../lambda/partner-plans/contract.ts';
import { loadCatalogue } from '../../config/index.ts';
import { accessLogFields } from '../../features/public-api/access-log-format.ts';
import { type Check, inconclusive, passUnlessFaults } from './check.ts';
import { type AwsPorts, allPages, type DeployedResource } from './deployment.ts';
import { requiredResources } from './request-path-checks.ts';

const hour = 3_600_000;
const day = 24 * hour;
/** DescribeAlarms takes so many names. */
const alarmsPerCall = 100;
/** Fields that every call through the authorizer has. */
const alwaysSet = [
  'requestId',
  'route',
  'status',
  'decision',
  'reason',
  'policyVersion',
  'caller',
  'latencyMs',
];

/** Alarms, logs, subscriptions and plans, as AWS has them. */
export const observabilityChecks: readonly Check<AwsPorts>[] = [
  {
    name: 'alarms-have-data',
    assumption: 'metric-names',
    remedy:
      'After an hour with traffic the metric goes by another name or dimension: compare it in the console with lib/features/*/*-metrics.ts.',
    run: async (ports) => {
      const faults: string[] = [];
      const alarms = requiredResources(ports, 'AWS::CloudWatch::Alarm');
      for (let from = 0; from < alarms.length; from += alarmsPerCall) {
        const some = alarms.slice(from, from + alarmsPerCall);
        for (const region of new Set(some.map((alarm) => alarm.region))) {
          const { MetricAlarms = [] } = await ports.aws.cloudWatch(region).describeAlarms({
            AlarmNames: some.filter((alarm) => alarm.region === region).map(({ physicalId }) => physicalId),
            StateValue: 'INSUFFICIENT_DATA',
          });
          faults.push(...MetricAlarms.map(({ AlarmName }) => `${AlarmName} has no data`));
        }
      }
      return passUnlessFaults(faults, `${alarms.length} alarms`);
    },
  },
  {
    name: 'access-log-complete',
    assumption: 'access-log-variables',
    remedy: 'Unknown variables are logged as "-": compare the line with access-log-format.ts.',
    run: async (ports) => {
      const { now, environment } = ports;
      const groups = requiredResources(ports, 'AWS::Logs::LogGroup').filter(
        ({ logicalId, stack, region }) =>
          logicalId.includes('AccessLogs') && stack.includes('-api') && region === environment.region,
      );
      const [group] = groups;
      if (group === undefined) return inconclusive('the API stack has no access log');
      const lines = await linesOf(ports, group, '{ $.decision = "allow" }', now() - hour);
      const [line] = lines;
      if (line === undefined) return inconclusive('no allowed call of the last hour is in the access log');
      const fields = JSON.parse(line) as Readonly<Record<string, unknown>>;
      return passUnlessFaults(
        [
          ...Object.keys(accessLogFields)
            .filter((name) => !(name in fields))
            .map((name) => `${name} is missing`),
          ...alwaysSet.filter((name) => fields[name] === '-').map((name) => `${name} is "-"`),
        ],
        'every field is there',
      );
    },
  },
  {
    name: 'log-groups-written',
    assumption: 'key-policies',
    remedy:
      "After traffic, a group without a line: the key's policy names another service than own-key.ts says.",
    run: async (ports) => {
      const empty: string[] = [];
      const groups = requiredResources(ports, 'AWS::Logs::LogGroup');
      for (const { physicalId, region } of groups) {
        const { logStreams = [] } = await ports.aws
          .logs(region)
          .describeLogStreams({ logGroupName: physicalId, limit: 1 });
        if (logStreams.length === 0) empty.push(physicalId);
      }
      // Some functions have had no reason to run.
      return empty.length === groups.length
        ? passUnlessFaults(['no log group has a stream'], '')
        : passUnlessFaults(
            [],
            `${groups.length - empty.length} of ${groups.length} groups; none: ${empty.join(', ') || '-'}`,
          );
    },
  },
  {
    name: 'store-users-admitted',
    assumption: 'store-access-strings',
    remedy: 'Compare lib/features/limit-store/limit-store-users.ts with ACL LOG of the limit store.',
    run: async (ports) =>
      await noLineWith(ports, '?WRONGPASS ?NOPERM', 'no WRONGPASS and no NOPERM in a day of logs'),
  },
  {
    name: 'event-log-admitted',
    assumption: 'msk-iam-actions',
    remedy: "Compare the role's policy with the cluster's ARN, and its group's rule for port 9098.",
    run: async (ports) =>
      await noLineWith(
        ports,
        '?TOPIC_AUTHORIZATION_FAILED ?GROUP_AUTHORIZATION_FAILED ?CLUSTER_AUTHORIZATION_FAILED ?SASL_AUTHENTICATION_FAILED',
        'no refusal by the brokers in a day of logs',
      ),
  },
  {
    name: 'partner-logging-role',
    assumption: 'rest-logging-role',
    remedy:
      "The account's logging role belongs to somebody else or is missing: see ApiGatewayAccountLogging.",
    run: async ({ aws, environment }) => {
      const { cloudwatchRoleArn = '' } = await aws.apiGateway(environment.region).getAccount({});
      return passUnlessFaults(cloudwatchRoleArn === '' ? ['the account has no role'] : [], cloudwatchRoleArn);
    },
  },
  {
    name: 'usage-plans-agree',
    assumption: 'appconfig-extension',
    remedy:
      'Where operators have changed a plan, compare with npm run ops -- plans show. Otherwise the function partner-plans has not followed: its clock does within 15 minutes; look at its log.',
    run: async (ports) => {
      const plans = ports.inventory.ofType('AWS::ApiGateway::UsagePlan');
      if (plans.length === 0) return inconclusive('the stacks have no usage plans');
      const faults: string[] = [];
      for (const { physicalId, region } of plans) {
        const {
          name = '',
          throttle,
          quota,
        } = await ports.aws.apiGateway(region).getUsagePlan({ usagePlanId: physicalId });
        const [plan, terms] =
          Object.entries(loadCatalogue().plans).find(([one]) => name.endsWith(`-${one}`)) ?? [];
        if (plan === undefined || terms === undefined) faults.push(`${name} is not a plan of the catalogue`);
        else {
          const expected = usagePlanSettings(terms);
          if (throttle?.rateLimit !== expected.throttle?.rateLimit) faults.push(`rate of ${plan}`);
          if (throttle?.burstLimit !== expected.throttle?.burstLimit) faults.push(`burst of ${plan}`);
          if (quota?.limit !== expected.quota?.limit) faults.push(`quota of ${plan}`);
        }
      }
      return passUnlessFaults(
        faults.length === 0 ? [] : [`not the catalogue's: ${faults.join(', ')}`],
        'those of the catalogue',
      );
    },
  },
  {
    name: 'subscriptions-confirmed',
    remedy: 'Open the message that SNS has sent to the address, and confirm.',
    run: async (ports) => {
      const faults: string[] = [];
      let count = 0;
      for (const { physicalId, logicalId, region } of requiredResources(ports, 'AWS::SNS::Topic')) {
        const client = ports.aws.notifications(region);
        const pages = await allPages(
          async (NextToken) => await client.listSubscriptionsByTopic({ TopicArn: physicalId, NextToken }),
        );
        for (const { SubscriptionArn, Endpoint } of pages.flatMap(
          ({ Subscriptions = [] }) => Subscriptions,
        )) {
          count += 1;
          if (SubscriptionArn === 'PendingConfirmation') faults.push(`${Endpoint} at ${logicalId}`);
        }
      }
      return count === 0
        ? inconclusive('no topic has a subscription')
        : passUnlessFaults(faults, `${count} subscriptions`);
    },
  },
  {
    name: 'latency-percentile-kept',
    assumption: 'percentile-rank',
    remedy: 'CloudWatch keeps no percentile rank of API latency: take p95 over withinMs in metrics.ts.',
    run: async (ports) => {
      const [api] = requiredResources(ports, 'AWS::ApiGatewayV2::Api');
      const { latency } = ports.environment.objectives;
      const { Datapoints = [] } = await ports.aws.cloudWatch(ports.environment.region).getMetricStatistics({
        Namespace: 'AWS/ApiGateway',
        MetricName: 'Latency',
        Dimensions: [
          { Name: 'ApiId', Value: api?.physicalId },
          { Name: 'Stage', Value: '$default' },
        ],
        StartTime: new Date(ports.now() - hour),
        EndTime: new Date(ports.now()),
        Period: 300,
        ExtendedStatistics: ['p95', `PR(:${latency.withinMs})`],
      });
      if (Datapoints.length === 0) return inconclusive('the API has no latency of the last hour');
      const ranks = Datapoints.filter(({ ExtendedStatistics = {} }) =>
        Object.keys(ExtendedStatistics).some((name) => name.startsWith('PR(')),
      );
      return passUnlessFaults(ranks.length > 0 ? [] : ['no percentile rank beside p95'], 'a figure');
    },
  },
];

/** The newest lines of a log group that match a filter pattern. */
async function linesOf(
  { aws }: AwsPorts,
  { physicalId, region }: DeployedResource,
  filterPattern: string,
  startTime: number,
): Promise<string[]> {
  const { events = [] } = await aws
    .logs(region)
    .filterLogEvents({ logGroupName: physicalId, filterPattern, startTime, limit: 10 });
  return events.flatMap(({ message }) => message ?? []);
}

/** Logs that hold what callers send. */
const foreignLogs = /(AccessLogs|FirewallLogs|FlowLogs|EventsLogs)[0-9A-F]{8}$/;

/** Fails with the first line of each function's and task's log that matches. */
async function noLineWith(ports: AwsPorts, pattern: string, detail: string) {
  const faults: string[] = [];
  for (const group of requiredResources(ports, 'AWS::Logs::LogGroup')) {
    if (foreignLogs.test(group.logicalId)) continue;
    const [line] = await linesOf(ports, group, pattern, ports.now() - day);
    if (line !== undefined) faults.push(`${group.physicalId}: ${line.slice(0, 120)}`);
  }
  return passUnlessFaults(faults, detail);
}
