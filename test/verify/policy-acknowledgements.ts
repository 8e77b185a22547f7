/** An accepted finding of checkov, with the reason. */
export interface PolicyAcknowledgement {
  readonly check: string;
  /** Only findings of these resources (`AWS::Type.LogicalId`) are accepted. */
  readonly resource: RegExp;
  readonly reason: string;
}

/** Functions of the CDK that run during a deployment. */
const deploymentHandler = /^AWS::Lambda::Function\.Custom(VpcRestrictDefaultSG|S3AutoDeleteObjects)/;
const invokedByCallers =
  'Its callers (API Gateway, AppConfig, an event source) wait for the answer, so it has no asynchronous invocations whose events could be lost.';

export const policyAcknowledgements: readonly PolicyAcknowledgement[] = [
  {
    check: 'CKV_AWS_116',
    resource:
      /^AWS::Lambda::Function\.(Auth|Aggregation|Revocation|PolicyValidator|Origin|Webhooks|Business)/,
    reason: invokedByCallers,
  },
  {
    check: 'CKV_AWS_116',
    resource: /^AWS::Lambda::Function\.Metering/,
    reason:
      'Failed asynchronous invocations go to a queue by their destination, which keeps more information than a ' +
      'dead-letter queue.',
  },
  {
    check: 'CKV_AWS_116',
    resource: /^AWS::Lambda::Function\.UsagePlanSync/,
    reason: 'Each invocation compares all usage plans, and a schedule invokes it again.',
  },
  {
    check: 'CKV_AWS_120',
    resource: /^AWS::ApiGateway::Stage\.Partner/,
    reason: "A cache of the API would share one partner's private response with other partners.",
  },
  {
    check: 'CKV_AWS_116',
    resource: deploymentHandler,
    reason: 'It runs during a deployment, which fails if the function fails.',
  },
  {
    check: 'CKV_AWS_115',
    resource: deploymentHandler,
    reason: 'It runs once per deployment, and the CDK has no setting for it.',
  },
  {
    check: 'CKV_AWS_117',
    resource: deploymentHandler,
    reason: 'It calls the API of EC2 or S3 only, and runs before the network has internet access.',
  },
  {
    check: 'CKV_AWS_115',
    resource: /^AWS::Lambda::Function\./,
    reason:
      'The environment reserves concurrency for functions that others could starve. A reservation ' +
      'for every function would reduce the shared pool without use.',
  },
  {
    check: 'CKV_AWS_173',
    resource: /^AWS::Lambda::Function\./,
    reason:
      'The variables are names and addresses, not secrets. The AWS managed key of Lambda encrypts them. A customer managed key ' +
      'would add a call of KMS to every cold start.',
  },
  {
    check: 'CKV_AWS_111',
    resource: /^AWS::IAM::Policy\..*RoleDefaultPolicy/,
    reason:
      'Network interfaces have no ARN before Lambda creates them. test/invariants/iam-policies.test.ts ' +
      'checks that no other permission applies to all resources.',
  },
  {
    check: 'CKV_AWS_2',
    resource: /^AWS::ElasticLoadBalancingV2::Listener\.LoadBalancerHttp/,
    reason:
      'The listener is internal: its security group admits only the VPC link and one function within the VPC, where AWS encrypts ' +
      'traffic between hosts.',
  },
  {
    check: 'CKV_AWS_103',
    resource: /^AWS::ElasticLoadBalancingV2::Listener\.LoadBalancerHttp/,
    reason: 'The listener is internal and uses HTTP, and only the VPC link and one function call it.',
  },
  {
    check: 'CKV_AWS_86',
    resource: /^AWS::CloudFront::Distribution\./,
    reason: 'Access is logged by standard logging v2, whose delivery is a separate resource.',
  },
  {
    check: 'CKV_AWS_174',
    resource: /^AWS::CloudFront::Distribution\./,
    reason:
      "Without edge.domain the distribution uses CloudFront's certificate and its TLS policy. With a domain the policy is TLSv1.2_2025.",
  },
  {
    check: 'CKV_AWS_18',
    resource: /^AWS::S3::Bucket\.(Edge)?AccessLogs$/,
    reason: 'The bucket stores access logs. Logging the access to it would create logs without end.',
  },
  {
    check: 'CKV_AWS_18',
    resource: /^AWS::S3::Bucket\.StaticFiles$/,
    reason: 'Only the distribution reads it, and the distribution has an access log.',
  },
  {
    check: 'CKV_AWS_21',
    resource: /^AWS::S3::Bucket\.(Edge)?AccessLogs$/,
    reason: 'AWS writes each log once, and nobody may change it, so versions would only add cost.',
  },
  {
    check: 'CKV_AWS_33',
    resource: /^AWS::KMS::Key\.CustomerManagedKey$/,
    reason:
      'The statement applies only to callers of this account through named services, like the policies of ' +
      'AWS managed keys. The check does not read conditions.',
  },
  {
    check: 'CKV_AWS_118',
    resource: /^AWS::RDS::DBInstance\.DatabaseCluster/,
    reason:
      'AWS operates the host of a serverless instance. Metrics and alarms for capacity, connections, latency and storage ' +
      'exist without enhanced monitoring.',
  },
  {
    check: 'CKV_AWS_192',
    resource: /^AWS::WAFv2::WebACL\.Firewall/,
    reason:
      'The web ACL has the rule group that contains this rule (known bad inputs). With `managedRules: count` the group only counts, ' +
      'so that operators observe it before it blocks.',
  },
];
