/** A finding of checkov that is right to be there, and why. */
export interface PolicyAcknowledgement {
  readonly check: string;
  /** Only these resources (`AWS::Type.LogicalId`); the same finding elsewhere is a fault. */
  readonly resource: RegExp;
  readonly reason: string;
}

/** The CDK's own, which run as part of a deployment. */
const deploymentHandler = /^AWS::Lambda::Function\.Custom(VpcRestrictDefaultSG|S3AutoDeleteObjects)/;
const invokedByCallers =
  'Its callers wait for the answer (API Gateway, AppConfig, an event source), so there is no asynchronous invocation whose event could be lost.';

export const policyAcknowledgements: readonly PolicyAcknowledgement[] = [
  {
    check: 'CKV_AWS_116',
    resource: /^AWS::Lambda::Function\.(Auth|Aggregation|Revocation|Validator|Origin|Webhooks|Business)/,
    reason: invokedByCallers,
  },
  {
    check: 'CKV_AWS_116',
    resource: /^AWS::Lambda::Function\.Metering/,
    reason:
      'What fails goes to a queue by the destination of its asynchronous invocations, which keeps more of it than a ' +
      'dead-letter queue would.',
  },
  {
    check: 'CKV_AWS_116',
    resource: /^AWS::Lambda::Function\.PartnerPlans/,
    reason: 'It compares everything, whatever it is called for, and the clock calls it again.',
  },
  {
    check: 'CKV_AWS_120',
    resource: /^AWS::ApiGateway::Stage\.Partner/,
    reason: "A cache of the API's would give one partner's answer to another.",
  },
  {
    check: 'CKV_AWS_116',
    resource: deploymentHandler,
    reason: 'It runs as part of a deployment, which fails and says so when it does.',
  },
  {
    check: 'CKV_AWS_115',
    resource: deploymentHandler,
    reason: "It runs once per deployment; the CDK's own, without a setting for it.",
  },
  {
    check: 'CKV_AWS_117',
    resource: deploymentHandler,
    reason: 'It speaks to the API of EC2 or S3 only, and runs before the network has a way out.',
  },
  {
    check: 'CKV_AWS_115',
    resource: /^AWS::Lambda::Function\./,
    reason:
      'Concurrency is reserved where the environment says so, for the functions that others could starve; a reservation ' +
      'for every function would take from the pool what nobody uses.',
  },
  {
    check: 'CKV_AWS_173',
    resource: /^AWS::Lambda::Function\./,
    reason:
      'The variables are names and addresses, no secrets, and are encrypted by the key that AWS manages for Lambda; a key ' +
      'of our own would be asked at every cold start.',
  },
  {
    check: 'CKV_AWS_111',
    resource: /^AWS::IAM::Policy\..*RoleDefaultPolicy/,
    reason:
      'Network interfaces have no name before Lambda makes them; nothing else is on every resource, which ' +
      'test/invariants/iam-policies.test.ts holds.',
  },
  {
    check: 'CKV_AWS_2',
    resource: /^AWS::ElasticLoadBalancingV2::Listener\.LoadBalancerHttp/,
    reason:
      'Internal: its security group lets in the VPC link and one function, which are inside the VPC, where AWS encrypts ' +
      'between its hosts.',
  },
  {
    check: 'CKV_AWS_103',
    resource: /^AWS::ElasticLoadBalancingV2::Listener\.LoadBalancerHttp/,
    reason: 'As before: it speaks HTTP, to the VPC link and one function only.',
  },
  {
    check: 'CKV_AWS_86',
    resource: /^AWS::CloudFront::Distribution\./,
    reason: 'Access is logged by standard logging v2, whose delivery is a resource beside the distribution.',
  },
  {
    check: 'CKV_AWS_174',
    resource: /^AWS::CloudFront::Distribution\./,
    reason:
      "Without edge.domain CloudFront's own certificate serves, with CloudFront's policy; with one it is TLSv1.2_2025.",
  },
  {
    check: 'CKV_AWS_18',
    resource: /^AWS::S3::Bucket\.(Edge)?AccessLogs$/,
    reason: 'It holds access logs itself; a log of who writes logs would log without an end.',
  },
  {
    check: 'CKV_AWS_18',
    resource: /^AWS::S3::Bucket\.StaticFiles$/,
    reason: 'Nobody but the distribution reads it, and that has an access log.',
  },
  {
    check: 'CKV_AWS_21',
    resource: /^AWS::S3::Bucket\.(Edge)?AccessLogs$/,
    reason: 'AWS writes each log once, and nobody may change it; a second version would only be paid for.',
  },
  {
    check: 'CKV_AWS_33',
    resource: /^AWS::KMS::Key\.CustomerManagedKey$/,
    reason:
      'The statement holds for callers of this account alone and through named services alone, as in the policies of the ' +
      'keys that AWS manages; the check does not read conditions.',
  },
  {
    check: 'CKV_AWS_51',
    resource: /^AWS::ECR::Repository\.ShopImages$/,
    reason:
      'An environment may follow a tag that moves, such as its own name; a release names a tag of its own (docs/operations.md).',
  },
  {
    check: 'CKV_AWS_118',
    resource: /^AWS::RDS::DBInstance\.DatabaseCluster/,
    reason:
      "What runs on the host of a serverless instance is AWS's; capacity, connections, latency and storage are metrics " +
      'without it, and have the alarms.',
  },
  {
    check: 'CKV_AWS_192',
    resource: /^AWS::WAFv2::WebACL\.Firewall/,
    reason:
      'The group that has this rule (known bad inputs) is there; it only counts where the environment says `managedRules: count`, ' +
      'to be watched before it blocks.',
  },
];
