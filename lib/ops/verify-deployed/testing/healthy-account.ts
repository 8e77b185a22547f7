import { usagePlanSettings } from '../../../../lambda/partner-plans/contract.ts';
import { loadCatalogue } from '../../../config/index.ts';
import { topicProperties } from '../../../features/events/topic-settings.ts';
import { accessLogFields } from '../../../features/public-api/access-log-format.ts';
import { replacedStatusCodes } from '../../../features/services/refusal-status-codes.ts';
import type { AwsClients } from '../aws-clients.ts';

type Answer = (input: Readonly<Record<string, unknown>>, region: string) => unknown;
/** Answers by service and operation: `lambda.getEventSourceMapping`. */
export type Account = Readonly<Record<string, Answer>>;

const loadBalancer = 'arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/a/1';
const header = (HttpHeaderName: string) => ({ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName } });

/** Resources of an environment in its own region: logical id, type, physical id. */
export const resources: readonly (readonly [id: string, type: string, physicalId: string])[] = [
  ['Link', 'AWS::ApiGatewayV2::VpcLink', 'link'],
  ['PublicApi', 'AWS::ApiGatewayV2::Api', 'httpapi'],
  ['PartnerApi', 'AWS::ApiGateway::RestApi', 'restapi'],
  ...Object.keys(loadCatalogue().plans).map(
    (plan) => [`Plan${plan}`, 'AWS::ApiGateway::UsagePlan', plan] as const,
  ),
  ['Listener', 'AWS::ElasticLoadBalancingV2::Listener', 'listener'],
  ['Blue', 'AWS::ElasticLoadBalancingV2::TargetGroup', 'blue'],
  ['Green', 'AWS::ElasticLoadBalancingV2::TargetGroup', 'green'],
  ['Firewall', 'AWS::WAFv2::WebACL', 'partner|1|REGIONAL'],
  ['One', 'AWS::Lambda::EventSourceMapping', 'one'],
  ['Two', 'AWS::Lambda::EventSourceMapping', 'two'],
  ['Queued', 'AWS::Lambda::EventSourceMapping', 'queued'],
  ['Events', 'AWS::MSK::Cluster', 'cluster'],
  ['MeteringDeadLetters', 'AWS::SQS::Queue', 'https://sqs.example/dead'],
  ['WebhookFallback', 'AWS::SQS::Queue', 'https://sqs.example/busy'],
  ['Clients', 'AWS::DynamoDB::GlobalTable', 'clients'],
  ['Database', 'AWS::RDS::DBCluster', 'database'],
  ['GlobalDatabase', 'AWS::RDS::GlobalCluster', 'global'],
  ['Alarm', 'AWS::CloudWatch::Alarm', 'alarm'],
  ['GatewayAccessLogs87AA0EC3', 'AWS::Logs::LogGroup', 'access'],
  ['AuthLogs940C0551', 'AWS::Logs::LogGroup', 'auth'],
  ['Warnings', 'AWS::SNS::Topic', 'warnings'],
];
const edgeResources: typeof resources = [
  ['Function', 'AWS::CloudFront::Function', 'arn:aws:cloudfront::1:function/viewer-request'],
  ['Distribution', 'AWS::CloudFront::Distribution', 'E1'],
];

const oneStack = (name: string) => ({
  StackName: name,
  StackStatus: 'UPDATE_COMPLETE',
  EnableTerminationProtection: true,
  Outputs: [{ OutputKey: 'Url', OutputValue: 'https://edge.example' }],
});

/** An account in which `prod` is deployed well, as far as the checks ask. */
export const healthyAccount: Account = {
  'cloudFormation.describeStacks': (_, region) => ({
    Stacks:
      region === 'us-east-1'
        ? [oneStack('gatehouse-prod-edge'), oneStack('gatehouse-staging-edge')]
        : [oneStack('gatehouse-prod-api')],
  }),
  'cloudFormation.listStackResources': ({ StackName }) => ({
    StackResourceSummaries: (StackName === 'gatehouse-prod-edge' ? edgeResources : resources).map(
      ([LogicalResourceId, ResourceType, PhysicalResourceId]) => ({
        LogicalResourceId,
        ResourceType,
        PhysicalResourceId,
      }),
    ),
  }),
  'cloudFormation.getTemplate': () => ({
    TemplateBody: JSON.stringify({
      Resources: { Firewall: { Type: 'AWS::WAFv2::WebACL', Properties: { Rules: [] } } },
    }),
  }),
  'httpApis.getVpcLink': () => ({ VpcLinkStatus: 'AVAILABLE' }),
  'httpApis.getIntegrations': () => ({
    Items: [
      {
        IntegrationId: 'service',
        ResponseParameters: Object.fromEntries(
          replacedStatusCodes.map(({ from, by }) => [String(from), { 'overwrite:statuscode': String(by) }]),
        ),
      },
      { IntegrationId: 'function' },
    ],
  }),
  'loadBalancing.describeRules': () => ({
    Rules: [
      { Priority: '5', Conditions: [header('x-gw-decision'), header('x-gw-decision')], Actions: [] },
      ...replacedStatusCodes.map(({ from }, index) => ({
        Priority: String(10 * index + 10),
        Actions: [{ FixedResponseConfig: { StatusCode: String(from) } }],
      })),
      {
        Priority: '300',
        Actions: [
          {
            ForwardConfig: {
              TargetGroups: [
                { TargetGroupArn: 'blue', Weight: 100 },
                { TargetGroupArn: 'green', Weight: 0 },
              ],
            },
          },
        ],
      },
    ],
  }),
  'loadBalancing.describeTargetHealth': ({ TargetGroupArn }) => ({
    TargetHealthDescriptions: TargetGroupArn === 'blue' ? [{ TargetHealth: { State: 'healthy' } }] : [],
  }),
  'apiGateway.getResources': () => ({
    items: [
      { path: '/' },
      {
        path: '/partner/products',
        resourceMethods: {
          GET: { methodIntegration: { connectionType: 'VPC_LINK', integrationTarget: loadBalancer } },
        },
      },
    ],
  }),
  'apiGateway.getAccount': () => ({ cloudwatchRoleArn: 'arn:aws:iam::1:role/logging' }),
  'apiGateway.getUsagePlan': ({ usagePlanId }) => {
    const { throttle, quota } = usagePlanSettings(
      loadCatalogue().plans[String(usagePlanId)] ?? { requestsPerMonth: null },
    );
    return {
      name: `gatehouse-prod-partner-${String(usagePlanId)}`,
      throttle: throttle ?? undefined,
      quota: quota ?? undefined,
    };
  },
  'firewall.getWebACL': () => ({ WebACL: { Name: 'partner', Capacity: 0 } }),
  'cloudFront.describeFunction': () => ({ ETag: 'E1' }),
  'cloudFront.testFunction': () => ({
    TestResult: { ComputeUtilization: '12', FunctionOutput: '{"uri":"/v2/products/aurora-12"}' },
  }),
  'cloudFront.getDistribution': () => ({
    Distribution: { Status: 'Deployed', DistributionConfig: { Enabled: true, WebACLId: 'arn:acl' } },
  }),
  'secrets.describeSecret': () => ({
    RotationEnabled: true,
    // A rotation that found the value in force may leave the stage there.
    VersionIdsToStages: { one: ['AWSCURRENT', 'AWSPENDING'], two: ['AWSPREVIOUS'] },
  }),
  'lambda.getEventSourceMapping': ({ UUID }) => ({
    State: 'Enabled',
    LastProcessingResult: UUID === 'one' ? 'OK' : 'No records processed',
    ...(UUID === 'queued' ? {} : { AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: UUID } }),
  }),
  'kafka.describeTopic': ({ TopicName }) => {
    const settings = loadCatalogue().topics[String(TopicName)];
    if (settings === undefined) throw new Error('NotFoundException');
    return {
      PartitionCount: settings.partitions,
      // Of the brokers of `dev`.
      ReplicationFactor: 2,
      Configs: Buffer.from(JSON.stringify(topicProperties(settings))).toString('base64'),
    };
  },
  'kafka.listKafkaVersions': ({ NextToken }) =>
    NextToken === undefined
      ? { KafkaVersions: [{ Version: '2.8.1', Status: 'DEPRECATED' }], NextToken: 'more' }
      : {
          KafkaVersions: ['3.8.x', '3.9.x', '4.0.x', '4.1.x'].map((Version) => ({
            Version,
            Status: 'ACTIVE',
          })),
        },
  'cloudWatch.getMetricData': () => ({ MetricDataResults: [{ Values: [0.5, 1.2] }] }),
  'cloudWatch.describeAlarms': () => ({ MetricAlarms: [] }),
  'cloudWatch.getMetricStatistics': () => ({
    Datapoints: [{ ExtendedStatistics: { p95: 120, 'PR(:500)': 99 } }],
  }),
  'queues.getQueueAttributes': ({ QueueUrl }) => ({
    Attributes: { ApproximateNumberOfMessages: String(QueueUrl).endsWith('busy') ? '3' : '0' },
  }),
  'tables.describeTable': () => ({ Table: { DeletionProtectionEnabled: true } }),
  'databases.describeDBClusters': () => ({ DBClusters: [{ DeletionProtection: true }] }),
  'databases.describeGlobalClusters': () => ({ GlobalClusters: [{ GlobalClusterMembers: [{}, {}] }] }),
  'logs.describeLogStreams': () => ({ logStreams: [{}] }),
  'logs.filterLogEvents': ({ logGroupName }) => ({
    events:
      logGroupName === 'access'
        ? [
            {
              message: JSON.stringify(
                Object.fromEntries(Object.keys(accessLogFields).map((name) => [name, 'a'])),
              ),
            },
          ]
        : [],
  }),
  'notifications.listSubscriptionsByTopic': () => ({
    Subscriptions: [{ SubscriptionArn: 'arn:aws:sns:eu-west-1:1:warnings:1', Endpoint: 'ops@store.example' }],
  }),
};

/** Clients that answer from an account; what it does not know is refused, as by missing permissions. */
export function clientsOf(account: Account): AwsClients {
  return new Proxy({} as AwsClients, {
    // A promise of them asks whether they are a promise.
    get: (_clients, service: string) =>
      service === 'then'
        ? undefined
        : (region: string) =>
            new Proxy(
              {},
              {
                get: (_client, operation: string) => async (input: Readonly<Record<string, unknown>>) => {
                  const answer = account[`${service}.${operation}`];
                  if (answer === undefined) throw new Error(`AccessDenied: ${service} ${operation}`);
                  return answer(input, region);
                },
              },
            ),
  });
}
