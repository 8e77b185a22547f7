import { byRegion, numberAt, type RegionResources, refersTo, valueAt } from '../quotas/region-resources.ts';
import { taskNeeds } from '../quotas/task-needs.ts';
import type { DeploymentPlan } from './plan.ts';

const hoursAMonth = 730;

/**
 * List prices of eu-west-1 in USD, without tax, by the hour unless said otherwise. docs/cost.md has their sources; a
 * test compares the sums.
 */
const prices = {
  natGateway: 0.048,
  publicAddress: 0.005,
  interfaceEndpoint: 0.011,
  loadBalancer: 0.0252,
  virtualProcessor: 0.0324,
  gibibyte: 0.00356,
  /** Part of the price that a task on Spot costs. */
  spot: 0.3,
  provisionedGibibyteAMonth: 8.8,
  pollerUnitAMonth: 135,
  auroraUnit: 0.14,
  cacheAMonth: 7,
  webAclAMonth: 5,
  antiDdosAMonth: 20,
  secretAMonth: 0.4,
  alarmMetricAMonth: 0.1,
  compositeAlarmAMonth: 0.5,
  insightRuleAMonth: 0.5,
  dashboardAMonth: 3,
  /** Container Insights: about 35 metrics a task. */
  taskMetricsAMonth: 35 * 0.07,
  brokerStorageGigabyteAMonth: 0.11,
  serverlessBrokersAMonth: 550,
} as const;

const brokerPrices: Readonly<Record<string, number>> = {
  'express.m7g.large': 0.45,
  'kafka.t3.small': 0.0456,
  'kafka.m7g.large': 0.225,
};

/** What an environment costs a month before any traffic, in USD, and what the sum leaves out. */
export interface MonthlyCost {
  readonly dollars: number;
  /** Things of the templates without a price here. */
  readonly unpriced: readonly string[];
}

/** Estimates the fixed cost of the templates, with every service at its minimum of tasks. */
export function monthlyCost({ stacks }: DeploymentPlan): MonthlyCost {
  const regions = byRegion(stacks);
  const items = regions.flatMap((region) => [
    network(region),
    containers(region),
    functions(region),
    data(region),
    security(region),
    observability(region),
  ]);
  const brokerTypes = regions.flatMap((region) => region.ofType('AWS::MSK::Cluster').map(brokerType));
  const nodes = regions.flatMap((region) => region.ofType('AWS::ElastiCache::ReplicationGroup'));
  return {
    dollars: Math.round(items.reduce((sum, item) => sum + item, 0)),
    unpriced: [
      ...brokerTypes.filter((type) => brokerPrices[type] === undefined).map((type) => `brokers ${type}`),
      ...(nodes.length === 0 ? [] : ['nodes of the limit store']),
    ],
  };
}

function network(region: RegionResources): number {
  const endpoints = region
    .ofType('AWS::EC2::VPCEndpoint')
    .reduce((sum, { properties }) => sum + numberAt(properties, 'SubnetIds', 'length'), 0);
  return (
    hoursAMonth *
    (region.ofType('AWS::EC2::NatGateway').length * prices.natGateway +
      region.ofType('AWS::EC2::EIP').length * prices.publicAddress +
      endpoints * prices.interfaceEndpoint +
      region.ofType('AWS::ElasticLoadBalancingV2::LoadBalancer').length * prices.loadBalancer)
  );
}

function containers(region: RegionResources): number {
  return taskNeeds(region).reduce((sum, { firstTasks, virtualProcessors, memoryGiB, spotPart }) => {
    const task = virtualProcessors * prices.virtualProcessor + memoryGiB * prices.gibibyte;
    return sum + firstTasks * task * hoursAMonth * (1 - spotPart + spotPart * prices.spot);
  }, 0);
}

function functions(region: RegionResources): number {
  const all = region.ofType('AWS::Lambda::Function');
  const warm = region.ofType('AWS::Lambda::Alias').reduce((sum, { properties }) => {
    const instances = numberAt(properties, 'ProvisionedConcurrencyConfig', 'ProvisionedConcurrentExecutions');
    const memory = all.find((one) => refersTo(properties['FunctionName'], one))?.properties['MemorySize'];
    return sum + (instances * Number(memory ?? 0)) / 1_024;
  }, 0);
  const pollers = region.ofType('AWS::Lambda::EventSourceMapping').flatMap(({ properties, logicalId }) => {
    const config = properties['ProvisionedPollerConfig'];
    return config === undefined
      ? []
      : [(valueAt(config, 'PollerGroupName') as string | undefined) ?? logicalId];
  });
  return warm * prices.provisionedGibibyteAMonth + new Set(pollers).size * prices.pollerUnitAMonth;
}

const brokerType = ({ properties }: { readonly properties: unknown }) =>
  String(valueAt(properties, 'BrokerNodeGroupInfo', 'InstanceType'));

function data(region: RegionResources): number {
  const brokers = region.ofType('AWS::MSK::Cluster').reduce((sum, cluster) => {
    const count = numberAt(cluster.properties, 'NumberOfBrokerNodes');
    const storage = numberAt(
      cluster.properties,
      'BrokerNodeGroupInfo',
      'StorageInfo',
      'EBSStorageInfo',
      'VolumeSize',
    );
    const hourly = (brokerPrices[brokerType(cluster)] ?? 0) * hoursAMonth;
    return sum + count * (hourly + storage * prices.brokerStorageGigabyteAMonth);
  }, 0);
  const [cluster] = region.ofType('AWS::RDS::DBCluster');
  const minimum = numberAt(cluster?.properties, 'ServerlessV2ScalingConfiguration', 'MinCapacity');
  const instances = region.ofType('AWS::RDS::DBInstance').length;
  return (
    brokers +
    region.ofType('AWS::MSK::ServerlessCluster').length * prices.serverlessBrokersAMonth +
    instances * minimum * prices.auroraUnit * hoursAMonth +
    region.ofType('AWS::ElastiCache::ServerlessCache').length * prices.cacheAMonth
  );
}

function security(region: RegionResources): number {
  const firewalls = region.ofType('AWS::WAFv2::WebACL').reduce((sum, { properties }) => {
    const antiDdos = JSON.stringify(properties).includes('AntiDDoS') ? prices.antiDdosAMonth : 0;
    return sum + prices.webAclAMonth + numberAt(properties, 'Rules', 'length') + antiDdos;
  }, 0);
  const secrets = region
    .ofType('AWS::SecretsManager::Secret')
    .reduce((sum, { properties }) => sum + 1 + numberAt(properties, 'ReplicaRegions', 'length'), 0);
  return firewalls + region.ofType('AWS::KMS::Key').length + secrets * prices.secretAMonth;
}

function observability(region: RegionResources): number {
  const metrics = region
    .ofType('AWS::CloudWatch::Alarm')
    .map(({ properties }) =>
      Array.isArray(properties['Metrics'])
        ? properties['Metrics'].filter((metric) => valueAt(metric, 'MetricStat') !== undefined).length
        : 1,
    );
  const tasks = taskNeeds(region).reduce((sum, { firstTasks }) => sum + firstTasks, 0);
  return (
    metrics.reduce((sum, one) => sum + one, 0) * prices.alarmMetricAMonth +
    region.ofType('AWS::CloudWatch::CompositeAlarm').length * prices.compositeAlarmAMonth +
    region.ofType('AWS::CloudWatch::InsightRule').length * prices.insightRuleAMonth +
    region.ofType('AWS::CloudWatch::Dashboard').length * prices.dashboardAMonth +
    tasks * prices.taskMetricsAMonth
  );
}
