import { creationCommand, serviceLinkedRoles } from './checks/service-linked-roles.ts';
import { monthlyCost } from './monthly-cost.ts';
import { type DeploymentPlan, resourcesIn } from './plan.ts';

/** One subject of what a deployment brings, and what there is to say about it. */
export type Paragraph = readonly [subject: string, text: string];

/** Resources whose creation takes long, and how many minutes. By AWS's documentation and reports; not measured. */
const slowest: readonly [type: string, what: string, minutes: readonly [number, number]][] = [
  ['AWS::MSK::Cluster', 'brokers', [20, 35]],
  ['AWS::RDS::DBCluster', 'database', [10, 15]],
  ['AWS::CloudFront::Distribution', 'distribution', [5, 10]],
  ['AWS::ElastiCache::ServerlessCache', 'limit store', [3, 8]],
  ['AWS::ECS::Service', 'services', [5, 10]],
];

/** The stacks follow each other; brokers and database, in one stack, are created at the same time. */
const firstDeployment = '45 to 90 minutes';

/** Properties with statements or rules that `cdk deploy` shows and asks about ("--require-approval broadening"). */
const securityTypes =
  /^AWS::(IAM::|Lambda::Permission|EC2::SecurityGroup|KMS::Key|SQS::QueuePolicy|S3::BucketPolicy|SNS::TopicPolicy)/;

/** What to know before the command that deploys: cost, duration, approvals and roles. */
export function forecast(plan: DeploymentPlan): Paragraph[] {
  const { dollars, unpriced } = monthlyCost(plan);
  const left = unpriced.length === 0 ? '' : ` Not included: ${unpriced.join(', ')}.`;
  const found = slowest.filter(([type]) => resourcesIn(plan, type).length > 0);
  const parts = found.map(([, what, [least, most]]) => `${what} ${least} to ${most}`);
  const isAsked = resourcesIn(plan).filter(({ type }) => securityTypes.test(type));
  const stacks = new Set(isAsked.map(({ stack }) => stack.name)).size;
  const rolesAndPolicies = isAsked.filter(({ type }) => type.startsWith('AWS::IAM::')).length;
  const groups = isAsked.filter(({ type }) => type.startsWith('AWS::EC2::SecurityGroup')).length;
  const roles = serviceLinkedRoles(plan);
  return [
    [
      'Cost',
      `about ${dollars.toLocaleString('en')} USD a month before traffic, and 5.3 more for each million requests (list prices of eu-west-1, docs/cost.md).${left}`,
    ],
    ['Duration', `${firstDeployment} for a first deployment. In minutes: ${parts.join(', ')}.`],
    [
      'Approvals',
      `cdk deploy asks before each of ${stacks} stacks that widen permissions (${rolesAndPolicies} roles and policies, ${groups} security groups and rules). Read them in test/snapshots/*/*.permissions.yaml, then answer y, or deploy with --require-approval never.`,
    ],
    [
      'Roles of AWS',
      `${roles.map(({ role }) => role).join(', ')}. AWS makes each with the first resource of its service. If a stack fails because one is missing, make it, for example: ${roles.slice(0, 1).map(creationCommand).join('')}`,
    ],
    ['Tear-down', 'npm run preflight -- ENVIRONMENT --teardown lists what cdk destroy leaves.'],
  ];
}
