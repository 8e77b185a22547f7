import { type Check, fail, findingOf, mapSequentially, pass, summarizePasses } from '../check.ts';
import { type DeploymentPlan, resourcesIn } from '../plan.ts';

/** A role that an AWS service assumes in the account, and the first resource type that needs it. */
export interface ServiceLinkedRole {
  readonly service: string;
  readonly role: string;
  readonly type: string;
}

/**
 * Service-linked roles ("AWS services that work with IAM"). AWS makes each with the first resource of its service. For
 * ECS this is known to be too late: the cluster's capacity providers fail while the role is new ("Unable to assume the
 * service linked role").
 */
const roles: readonly (ServiceLinkedRole & { readonly mustExist?: true })[] = [
  { service: 'ecs', role: 'AWSServiceRoleForECS', type: 'AWS::ECS::Cluster', mustExist: true },
  {
    service: 'elasticloadbalancing',
    role: 'AWSServiceRoleForElasticLoadBalancing',
    type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
  },
  {
    service: 'ecs.application-autoscaling',
    role: 'AWSServiceRoleForApplicationAutoScaling_ECSService',
    type: 'AWS::ApplicationAutoScaling::ScalableTarget',
  },
  { service: 'ops.apigateway', role: 'AWSServiceRoleForAPIGateway', type: 'AWS::ApiGatewayV2::VpcLink' },
  { service: 'elasticache', role: 'AWSServiceRoleForElastiCache', type: 'AWS::ElastiCache::ServerlessCache' },
  { service: 'kafka', role: 'AWSServiceRoleForKafka', type: 'AWS::MSK::Cluster' },
  { service: 'rds', role: 'AWSServiceRoleForRDS', type: 'AWS::RDS::DBCluster' },
  { service: 'wafv2', role: 'AWSServiceRoleForWAFV2Logging', type: 'AWS::WAFv2::LoggingConfiguration' },
  {
    service: 'replication.dynamodb',
    role: 'AWSServiceRoleForDynamoDBReplication',
    type: 'AWS::DynamoDB::GlobalTable',
  },
];

/** The service-linked roles that an environment's resources need. */
export function serviceLinkedRoles(plan: DeploymentPlan): typeof roles {
  const types = new Set(resourcesIn(plan).map(({ type }) => type));
  return roles.filter(({ type }) => types.has(type));
}

/** The command that makes a role before the first deployment. */
export function creationCommand({ service }: ServiceLinkedRole): string {
  return `aws iam create-service-linked-role --aws-service-name ${service}.amazonaws.com`;
}

/** Roles without which a first deployment fails must exist. */
export const serviceLinkedRolesExist: Check = {
  name: 'service-linked-roles',
  run: async (plan, account) => {
    const region = plan.configuration.environment.region;
    const needed = serviceLinkedRoles(plan).filter(({ mustExist }) => mustExist === true);
    const findings = await mapSequentially(needed, async (needs) =>
      findingOf(
        needs.role,
        await account.resource(region, 'AWS::IAM::Role', needs.role),
        () => pass(`${needs.role} exists.`),
        fail(`${needs.role} does not exist; a first cluster fails without it.`, creationCommand(needs)),
      ),
    );
    return summarizePasses(findings, () => `${needed.map(({ role }) => role).join(', ')} exists.`);
  },
};
