import { describe, expect, test } from 'vitest';
import { type EnvironmentInput, loadConfiguration } from '../../config/index.ts';
import { runChecks } from './check.ts';
import { awsChecks } from './checks.ts';
import { readInventory } from './deployment.ts';
import { type Account, clientsOf, healthyAccount, resources } from './testing/healthy-account.ts';

const now = Date.parse('2026-12-01T12:00:00Z');

/** `prod` with the brokers of `dev`, and a rotation: an environment of which every check can tell something. */
const overrides: Partial<EnvironmentInput> = {
  events: {
    kind: 'standard',
    brokerType: 'kafka.t3.small',
    zones: 2,
    brokers: 2,
    storageGb: 10,
    maxStorageGb: 100,
  },
  edge: {
    ...loadConfiguration('prod').environment.edge,
    originSecretRotationDays: 30,
  } as EnvironmentInput['edge'],
};

async function outcomes(account: Account = {}, only?: string) {
  const { environment: alone } = loadConfiguration('prod', overrides);
  const [further] = [{ ...alone, region: 'eu-central-1' }];
  const environment = { ...alone, regions: [further] } as unknown as typeof alone;
  const aws = clientsOf({ ...healthyAccount, ...account });
  // The further region has no stacks here: its resources would be those of the first again.
  const inventory = await readInventory(aws, alone);
  return await runChecks(
    awsChecks.filter(({ name }) => only === undefined || name === only),
    { aws, environment, inventory, now: () => now },
  );
}

const rules = healthyAccount['loadBalancing.describeRules'];
const changed =
  (operation: string, pattern: string, replacement: string): Account[string] =>
  (input, region) => {
    const text = JSON.stringify(healthyAccount[operation]?.(input, region));
    const after = text.replaceAll(pattern, replacement);
    if (after === text) throw new Error(`${pattern} is nowhere in ${text}`);
    return JSON.parse(after) as unknown;
  };
const alike = (operation: string, pattern: string, replacement: string): Account => ({
  [operation]: changed(operation, pattern, replacement),
});

/** Each fault of an account, and the check that notices. */
const faults: readonly (readonly [check: string, what: string, account: Account])[] = [
  [
    'stacks-complete',
    'a stack was rolled back',
    alike('cloudFormation.describeStacks', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE'),
  ],
  ['stacks-complete', 'nothing is deployed', { 'cloudFormation.describeStacks': () => ({ Stacks: [] }) }],
  ['vpc-link-available', 'the link is idle', alike('httpApis.getVpcLink', 'AVAILABLE', 'INACTIVE')],
  ['integration-mappings-kept', 'a mapping is lost', alike('httpApis.getIntegrations', '"429"', '"489"')],
  ['integration-mappings-kept', 'no mapping is there', { 'httpApis.getIntegrations': () => ({ Items: [] }) }],
  ['refusal-rules-present', 'a refusal has no rule', alike('loadBalancing.describeRules', '"489"', '"429"')],
  [
    'forged-decision-rule',
    'the rule has one condition',
    {
      'loadBalancing.describeRules': () => ({
        Rules: [{ Priority: '5', Conditions: [{ Field: 'http-header' }] }],
      }),
    },
  ],
  [
    'secrets-resolved-in-rules',
    'a rule holds a reference',
    alike('loadBalancing.describeRules', 'x-gw-decision', '{{resolve:secretsmanager:a}}'),
  ],
  [
    'secrets-resolved-in-rules',
    'a web ACL holds a reference',
    alike('firewall.getWebACL', '"partner"', '"partner","Rules":["{{resolve:secretsmanager:a}}"]'),
  ],
  [
    'targets-healthy',
    'no task is healthy',
    alike('loadBalancing.describeTargetHealth', '"healthy"', '"unhealthy"'),
  ],
  [
    'targets-healthy',
    'the weights are on the empty group',
    {
      'loadBalancing.describeRules': (input, region) => {
        const found = JSON.stringify(rules?.(input, region));
        return JSON.parse(
          found.replace('"Weight":100', '"Weight":1').replace('"Weight":0', '"Weight":99'),
        ) as unknown;
      },
    },
  ],
  [
    'partner-integration-targets',
    'a listener is named',
    alike('apiGateway.getResources', ':loadbalancer/app/', ':listener/app/'),
  ],
  [
    'edge-function-runs',
    'the runtime refuses it',
    alike('cloudFront.testFunction', '"12"', '"12","FunctionErrorMessage":"SyntaxError"'),
  ],
  ['edge-function-runs', 'it is slow', alike('cloudFront.testFunction', '"12"', '"71"')],
  ['edge-function-runs', 'it says no utilisation', alike('cloudFront.testFunction', '"12"', '"?"')],
  ['distribution-deployed', 'it is under way', alike('cloudFront.getDistribution', 'Deployed', 'InProgress')],
  ['firewall-attached', 'no web ACL', alike('cloudFront.getDistribution', 'arn:acl', '')],
  ['firewall-capacity', 'AWS counts more', alike('firewall.getWebACL', '"Capacity":0', '"Capacity":75')],
  ['origin-secret-rotation', 'it is off', alike('secrets.describeSecret', 'true', 'false')],
  [
    'origin-secret-rotation',
    'a version is pending',
    alike('secrets.describeSecret', 'AWSPREVIOUS', 'AWSPENDING'),
  ],
  [
    'event-sources-enabled',
    'a mapping cannot connect',
    {
      'lambda.getEventSourceMapping': () => ({
        State: 'Enabled',
        LastProcessingResult: 'PROBLEM: Connection error',
      }),
    },
  ],
  ['event-sources-enabled', 'a mapping is off', alike('lambda.getEventSourceMapping', 'Enabled', 'Disabled')],
  [
    'consumer-groups-distinct',
    'two share a group',
    {
      'lambda.getEventSourceMapping': () => ({
        AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'shared' },
      }),
    },
  ],
  [
    'topics-as-declared',
    'the settings were not read',
    {
      'kafka.describeTopic': (input, region) => ({
        ...(healthyAccount['kafka.describeTopic']?.(input, region) as object),
        Configs: '',
      }),
    },
  ],
  [
    'topics-as-declared',
    'partitions differ',
    {
      'kafka.describeTopic': (input, region) => ({
        ...(healthyAccount['kafka.describeTopic']?.(input, region) as object),
        PartitionCount: 1,
      }),
    },
  ],
  [
    'topics-as-declared',
    'a zone has no replica',
    {
      'kafka.describeTopic': (input, region) => ({
        ...(healthyAccount['kafka.describeTopic']?.(input, region) as object),
        ReplicationFactor: 1,
      }),
    },
  ],
  [
    'kafka-version-active',
    'the version is old',
    { 'kafka.listKafkaVersions': () => ({ KafkaVersions: [] }) },
  ],
  [
    'broker-connections-low',
    'consumers reconnect too often',
    alike('cloudWatch.getMetricData', '1.2', '4.5'),
  ],
  [
    'dead-letter-queues-empty',
    'a message waits',
    alike(
      'queues.getQueueAttributes',
      '"ApproximateNumberOfMessages":',
      '"ApproximateNumberOfMessages":"2","other":',
    ),
  ],
  ['deletion-protected', 'a table is not', alike('tables.describeTable', 'true', 'false')],
  ['deletion-protected', 'the database is not', alike('databases.describeDBClusters', 'true', 'false')],
  [
    'deletion-protected',
    'a stack is not',
    {
      'cloudFormation.describeStacks': (_, region) => ({
        Stacks:
          region === 'us-east-1' ? [] : [{ StackName: 'gatehouse-prod-api', StackStatus: 'CREATE_COMPLETE' }],
      }),
    },
  ],
  [
    'global-database-members',
    'the second is missing',
    { 'databases.describeGlobalClusters': () => ({ GlobalClusters: [{ GlobalClusterMembers: [{}] }] }) },
  ],
  [
    'database-password-own',
    'RDS still keeps it',
    alike('databases.describeDBClusters', 'true', 'true,"MasterUserSecret":{}'),
  ],
  [
    'alarms-have-data',
    'an alarm has none',
    { 'cloudWatch.describeAlarms': () => ({ MetricAlarms: [{ AlarmName: 'alarm' }] }) },
  ],
  [
    'access-log-complete',
    'a variable is unknown',
    {
      'logs.filterLogEvents': (input, region) =>
        JSON.parse(
          JSON.stringify(healthyAccount['logs.filterLogEvents']?.(input, region)).replace(
            String.raw`\"decision\":\"a\"`,
            String.raw`\"decision\":\"-\"`,
          ),
        ) as unknown,
    },
  ],
  [
    'access-log-complete',
    'a field is missing',
    { 'logs.filterLogEvents': () => ({ events: [{ message: '{}' }] }) },
  ],
  ['log-groups-written', 'nothing is written', { 'logs.describeLogStreams': () => ({ logStreams: [] }) }],
  [
    'store-users-admitted',
    'a user is refused',
    { 'logs.filterLogEvents': () => ({ events: [{ message: 'WRONGPASS invalid username-password pair' }] }) },
  ],
  [
    'event-log-admitted',
    'a topic is refused',
    { 'logs.filterLogEvents': () => ({ events: [{ message: 'TOPIC_AUTHORIZATION_FAILED' }] }) },
  ],
  ['partner-logging-role', 'the account has none', { 'apiGateway.getAccount': () => ({}) }],
  [
    'usage-plans-agree',
    'a rate differs',
    {
      'apiGateway.getUsagePlan': ({ usagePlanId }) => ({
        name: `partner-${String(usagePlanId)}`,
        throttle: { rateLimit: 1 },
      }),
    },
  ],
  [
    'subscriptions-confirmed',
    'an address has not confirmed',
    alike(
      'notifications.listSubscriptionsByTopic',
      'arn:aws:sns:eu-west-1:1:warnings:1',
      'PendingConfirmation',
    ),
  ],
  [
    'latency-percentile-kept',
    'no rank is kept',
    alike('cloudWatch.getMetricStatistics', '"PR(:500)":99', '"p50":1'),
  ],
];

describe("the checks by AWS's APIs", () => {
  test('pass in an account where all is well', async () => {
    const results = await outcomes();
    expect(results.filter(({ outcome }) => outcome !== 'pass')).toEqual([]);
    expect(results).toHaveLength(awsChecks.length);
  });

  test.each(faults)('%s fails with a remedy when %s', async (check, _, account) => {
    const [result] = await outcomes(account, check);
    expect(result).toMatchObject({ name: check, outcome: 'fail', remedy: expect.stringMatching(/\w+/) });
  });

  test('are each failed by some fault', () => {
    const failed = new Set(faults.map(([check]) => check));
    expect(awsChecks.map(({ name }) => name).filter((name) => !failed.has(name))).toEqual([]);
  });

  test('cannot tell what the credentials may not read, and name the operation', async () => {
    const stacks = ['cloudFormation.describeStacks', 'cloudFormation.listStackResources'];
    const denied = Object.fromEntries(
      Object.keys(healthyAccount)
        .filter((operation) => !stacks.includes(operation))
        .map((operation) => [
          operation,
          () => {
            throw new Error(`AccessDenied: ${operation}`);
          },
        ]),
    );
    const results = await outcomes(denied);
    const others = results.filter(({ name }) => name !== 'stacks-complete');
    for (const { outcome, detail } of others) {
      expect([outcome, detail]).toEqual(['inconclusive', expect.stringMatching(/^AccessDenied: \w+\.\w+$/)]);
    }
  });

  test.each(resources.map(([, type]) => type))('throw nothing where the stacks have no %s', async (type) => {
    const some = resources.filter(([, other]) => other !== type);
    const results = await outcomes({
      'cloudFormation.listStackResources': ({ StackName }) => ({
        StackResourceSummaries:
          StackName === 'gatehouse-prod-edge'
            ? []
            : some.map(([LogicalResourceId, ResourceType, PhysicalResourceId]) => ({
                LogicalResourceId,
                ResourceType,
                PhysicalResourceId,
              })),
      }),
    });
    expect(results.filter(({ outcome }) => outcome === 'fail')).toEqual([]);
  });
});

describe('the inventory of an environment', () => {
  test('has the addresses of this environment only', async () => {
    const { environment } = loadConfiguration('dev');
    const account: Account = {
      ...healthyAccount,
      'cloudFormation.describeStacks': (_, region) => ({
        Stacks:
          region === 'us-east-1'
            ? [
                {
                  StackName: 'gatehouse-dev-edge',
                  Outputs: [{ OutputKey: 'Url', OutputValue: 'https://dev.example' }],
                },
                {
                  StackName: 'gatehouse-dev2-edge',
                  Outputs: [{ OutputKey: 'Url', OutputValue: 'https://other.example' }],
                },
              ]
            : [{ StackName: 'gatehouse-dev-api' }],
      }),
    };
    const { urls, stacks } = await readInventory(clientsOf(account), environment);
    expect(stacks.map(({ name }) => name)).toEqual(['gatehouse-dev-api', 'gatehouse-dev-edge']);
    expect(urls).toEqual({
      url: 'https://dev.example',
      apiUrl: 'https://httpapi.execute-api.eu-west-1.amazonaws.com',
      partnerUrl: 'https://restapi.execute-api.eu-west-1.amazonaws.com',
    });
  });
});
