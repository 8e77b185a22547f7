import { addressNeeds, functionInterfaces } from './address-needs.ts';
import {
  count,
  firstVirtualProcessors,
  fullestSubnet,
  largest,
  largestGroup,
  sumOf,
  throttle,
  virtualProcessorNeed,
} from './quota-needs.ts';
import { numberAt, type RegionResources, valueAt } from './region-resources.ts';
import { taskNeeds, whileDeploying } from './task-needs.ts';
import { webAclCapacityNeed } from './web-acl-capacity-need.ts';

/** A quota of AWS, and how much of it a region's templates need. */
export interface Quota {
  readonly service: string;
  readonly name: string;
  /** Default of a new account; for a subnet, the size of its range. */
  readonly byDefault: number | ((region: RegionResources) => number);
  /** Remedy: a request to AWS, or a change of the configuration. */
  readonly raise: { readonly code?: string; readonly serviceCode?: string } | { readonly instead: string };
  /** AWS page that documents the quota. */
  readonly source: string;
  /** 0 if the templates do not need it. */
  readonly need: (region: RegionResources) => number;
  /**
   * What the creation of the stacks needs, where it is less: the rest is needed under traffic only. @default - `need`
   */
  readonly needAtFirst?: (region: RegionResources) => number;
}

/** For figures that the stacks set or reach later, and that AWS accepts above the quota. */
const underTrafficOnly = () => 0;

const general = (page: string) => `https://docs.aws.amazon.com/general/latest/gr/${page}.html`;
const guide = (page: string) => `https://docs.aws.amazon.com/${page}.html`;

const httpApiQuotas = guide('apigateway/latest/developerguide/http-api-quotas');
const restApiQuotas = guide('apigateway/latest/developerguide/api-gateway-execution-service-limits-table');
const balancerQuotas = guide('elasticloadbalancing/latest/application/load-balancer-limits');
const lambdaQuotas = guide('lambda/latest/dg/gettingstarted-limits');
const vpcQuotas = guide('vpc/latest/userguide/amazon-vpc-limits');

/** Concurrent executions that Lambda reserves for functions without reserved concurrency. */
const unreservedAtLeast = 100;

/**
 * Quotas that an environment can reach. Defaults are those of the AWS documentation of November 2026. The quotas of an
 * account are in Service Quotas; other workloads in the account count towards them, too.
 */
export const quotaList: readonly Quota[] = [
  {
    service: 'Lambda',
    name: 'Concurrent executions',
    byDefault: 1_000,
    raise: { code: 'L-B99A9384', serviceCode: 'lambda' },
    source: lambdaQuotas,
    need: (region) => {
      const functions = region.ofType('AWS::Lambda::Function');
      return functions.length === 0
        ? 0
        : sumOf(functions, 'ReservedConcurrentExecutions') + unreservedAtLeast;
    },
  },
  {
    service: 'Lambda',
    name: 'Elastic network interfaces per VPC',
    byDefault: 500,
    raise: {},
    source: lambdaQuotas,
    need: (region) => functionInterfaces(region).length,
  },
  {
    service: 'Fargate',
    name: 'On-Demand vCPU',
    byDefault: 6,
    raise: { code: 'L-3032A538', serviceCode: 'fargate' },
    source: general('ecs-service'),
    need: virtualProcessorNeed(false),
    needAtFirst: firstVirtualProcessors(false),
  },
  {
    service: 'Fargate',
    name: 'Spot vCPU',
    byDefault: 6,
    raise: { code: 'L-36FBB829', serviceCode: 'fargate' },
    source: general('ecs-service'),
    need: virtualProcessorNeed(true),
    needAtFirst: firstVirtualProcessors(true),
  },
  {
    service: 'API Gateway',
    name: 'Requests per second, all APIs',
    byDefault: 10_000,
    raise: { code: 'L-8A5B8E43', serviceCode: 'apigateway' },
    source: restApiQuotas,
    need: throttle('ThrottlingRateLimit'),
    needAtFirst: underTrafficOnly,
  },
  {
    service: 'API Gateway',
    name: 'Burst of requests, all APIs',
    byDefault: 5_000,
    raise: { instead: 'AWS sets it by the rate: ask for that one, and name the burst.' },
    source: restApiQuotas,
    need: throttle('ThrottlingBurstLimit'),
    needAtFirst: underTrafficOnly,
  },
  {
    service: 'API Gateway',
    name: 'Routes per HTTP API',
    byDefault: 300,
    raise: {},
    source: httpApiQuotas,
    need: largestGroup('AWS::ApiGatewayV2::Route', 'AWS::ApiGatewayV2::Api', 'ApiId'),
  },
  {
    service: 'API Gateway',
    name: 'Integrations per HTTP API',
    byDefault: 300,
    raise: { instead: 'Give routes the same time-out, so that they share one.' },
    source: httpApiQuotas,
    need: largestGroup('AWS::ApiGatewayV2::Integration', 'AWS::ApiGatewayV2::Api', 'ApiId'),
  },
  {
    service: 'API Gateway',
    name: 'VPC links',
    byDefault: 10,
    raise: {},
    source: httpApiQuotas,
    need: count('AWS::ApiGatewayV2::VpcLink'),
  },
  {
    service: 'API Gateway',
    name: 'Resources per REST API',
    byDefault: 300,
    raise: {},
    source: restApiQuotas,
    need: largestGroup('AWS::ApiGateway::Resource', 'AWS::ApiGateway::RestApi', 'RestApiId'),
  },
  {
    service: 'API Gateway',
    name: 'API keys',
    byDefault: 10_000,
    raise: { instead: 'Register clients at the public API.' },
    source: restApiQuotas,
    need: count('AWS::ApiGateway::ApiKey'),
  },
  {
    service: 'API Gateway',
    name: 'Usage plans',
    byDefault: 300,
    raise: {},
    source: restApiQuotas,
    need: count('AWS::ApiGateway::UsagePlan'),
  },
  {
    service: 'WAF',
    name: 'Capacity units per web ACL',
    byDefault: 5_000,
    raise: { instead: 'Take rules out of edge.firewall. Above 1 500 AWS charges by the request.' },
    source: guide('waf/latest/developerguide/limits'),
    need: (region) => largest(region.ofType('AWS::WAFv2::WebACL').map(webAclCapacityNeed)),
  },
  {
    service: 'Load balancing',
    name: 'Rules per load balancer',
    byDefault: 100,
    raise: {},
    source: balancerQuotas,
    need: count('AWS::ElasticLoadBalancingV2::ListenerRule'),
  },
  {
    service: 'Load balancing',
    name: 'Target groups per load balancer',
    byDefault: 100,
    raise: { instead: 'Join services, or deploy fewer of them as canary or blueGreen.' },
    source: balancerQuotas,
    need: count('AWS::ElasticLoadBalancingV2::TargetGroup'),
  },
  {
    service: 'Load balancing',
    name: 'Targets per load balancer',
    byDefault: 1_000,
    raise: {},
    source: balancerQuotas,
    need: (region) => whileDeploying(taskNeeds(region), ({ tasks }) => tasks),
    needAtFirst: underTrafficOnly,
  },
  {
    service: 'CloudFront',
    name: 'Cache behaviours per distribution',
    byDefault: 75,
    raise: {},
    source: general('cf_region'),
    need: (region) =>
      largest(
        region
          .ofType('AWS::CloudFront::Distribution')
          .map(
            ({ properties }) =>
              1 + numberAt(valueAt(properties, 'DistributionConfig', 'CacheBehaviors'), 'length'),
          ),
      ),
  },
  ...['public', 'private', 'isolated'].map(
    (tier): Quota => ({
      service: 'VPC',
      name: `Addresses of a subnet, ${tier}`,
      byDefault: (region) => fullestSubnet(region, tier)?.usable ?? 0,
      raise: { instead: 'Give the environment a wider network.cidr, before its first deployment.' },
      source: guide('vpc/latest/userguide/subnet-sizing'),
      need: (region) => fullestSubnet(region, tier)?.need ?? 0,
      needAtFirst: underTrafficOnly,
    }),
  ),
  {
    service: 'VPC',
    name: 'Elastic IP addresses',
    byDefault: 5,
    raise: { code: 'L-0263D0A3', serviceCode: 'ec2' },
    source: vpcQuotas,
    need: count('AWS::EC2::EIP'),
  },
  {
    service: 'VPC',
    name: 'VPCs',
    byDefault: 5,
    raise: { code: 'L-F678F1CE', serviceCode: 'vpc' },
    source: vpcQuotas,
    need: count('AWS::EC2::VPC'),
  },
  {
    service: 'VPC',
    name: 'Interface endpoints per VPC',
    byDefault: 50,
    raise: {},
    source: vpcQuotas,
    need: (region) =>
      region
        .ofType('AWS::EC2::VPCEndpoint')
        .filter(({ properties }) => properties['VpcEndpointType'] === 'Interface').length,
  },
  {
    service: 'VPC',
    name: 'Network interfaces',
    byDefault: 5_000,
    raise: { code: 'L-DF5E4CA3', serviceCode: 'vpc' },
    source: vpcQuotas,
    need: (region) => addressNeeds(region).reduce((sum, { need }) => sum + need, 0),
    needAtFirst: underTrafficOnly,
  },
  {
    service: 'MSK',
    name: 'Brokers',
    byDefault: 90,
    raise: {},
    source: guide('msk/latest/developerguide/limits'),
    need: (region) => sumOf(region.ofType('AWS::MSK::Cluster'), 'NumberOfBrokerNodes'),
  },
  {
    service: 'RDS',
    name: 'DB instances',
    byDefault: 40,
    raise: {},
    source: guide('AmazonRDS/latest/UserGuide/CHAP_Limits'),
    need: count('AWS::RDS::DBInstance'),
  },
];
