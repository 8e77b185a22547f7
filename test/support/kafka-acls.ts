import kafkajs, { type AclEntry } from 'kafkajs';
import type { EnvironmentName } from '../../lib/config/index.ts';
import { resourcesOf } from './synth.ts';

/** Permissions of one role at the brokers. */
export interface KafkaPrincipal {
  /** `Stack/Policy`, without the digest of the construct's path. */
  readonly name: string;
  readonly writes: ReadonlySet<string>;
  readonly reads: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
  readonly acls: readonly AclEntry[];
}

const {
  AclOperationTypes: operation,
  AclPermissionTypes,
  AclResourceTypes: kinds,
  ResourcePatternTypes,
} = kafkajs;

/**
 * The Kafka ACLs that correspond to the IAM actions of MSK
 * (https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html). `Connect` has none, because it only permits the connection.
 */
const aclOf: Readonly<Record<string, Pick<AclEntry, 'resourceType' | 'operation'> | null>> = {
  Connect: null,
  DescribeClusterDynamicConfiguration: { resourceType: kinds.CLUSTER, operation: operation.DESCRIBE_CONFIGS },
  WriteDataIdempotently: { resourceType: kinds.CLUSTER, operation: operation.IDEMPOTENT_WRITE },
  CreateTopic: { resourceType: kinds.TOPIC, operation: operation.CREATE },
  DescribeTopic: { resourceType: kinds.TOPIC, operation: operation.DESCRIBE },
  AlterTopic: { resourceType: kinds.TOPIC, operation: operation.ALTER },
  DescribeTopicDynamicConfiguration: { resourceType: kinds.TOPIC, operation: operation.DESCRIBE_CONFIGS },
  AlterTopicDynamicConfiguration: { resourceType: kinds.TOPIC, operation: operation.ALTER_CONFIGS },
  ReadData: { resourceType: kinds.TOPIC, operation: operation.READ },
  WriteData: { resourceType: kinds.TOPIC, operation: operation.WRITE },
  DescribeGroup: { resourceType: kinds.GROUP, operation: operation.DESCRIBE },
  AlterGroup: { resourceType: kinds.GROUP, operation: operation.READ },
};

/**
 * Every role of an environment that has access to the brokers.
 *
 * @throws {Error} That names an action without an ACL. Add the action to the table above.
 */
export function kafkaPrincipals(environment: EnvironmentName): readonly KafkaPrincipal[] {
  return resourcesOf(environment).flatMap(({ stack, id, resource }) => {
    if (resource['Type'] !== 'AWS::IAM::Policy') return [];
    const name = `${stack}/${id.replace(/[0-9A-F]{8}$/, '')}`;
    const grants = (resource['Properties'].PolicyDocument.Statement as Statement[]).flatMap(grantsOf);
    if (grants.length === 0) return [];
    const named = (action: string) =>
      new Set(grants.flatMap((grant) => (grant.action === action ? [grant.resource] : [])));
    const acls = grants.flatMap(({ action, resource: on }) => {
      const acl = aclOf[action];
      if (acl === undefined) throw new Error(`kafka-cluster:${action} of ${name} has no ACL here.`);
      if (acl === null) return [];
      return [
        {
          ...acl,
          resourceName: acl.resourceType === kinds.CLUSTER ? 'kafka-cluster' : on,
          resourcePatternType: ResourcePatternTypes.LITERAL,
          principal: `User:${name}`,
          host: '*',
          permissionType: AclPermissionTypes.ALLOW,
        },
      ];
    });
    return [
      { name, writes: named('WriteData'), reads: named('ReadData'), groups: named('AlterGroup'), acls },
    ];
  });
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

function grantsOf({ Effect, Action, Resource }: Statement) {
  if (Effect !== 'Allow') throw new Error('Deny statements are not supported.');
  const resources = Array.isArray(Resource) ? (Resource as readonly unknown[]) : [Resource];
  return [Action].flat().flatMap((action) => {
    if (!action.startsWith('kafka-cluster:')) return [];
    return resources.map((each) => ({
      action: action.slice('kafka-cluster:'.length),
      resource: nameIn(each),
    }));
  });
}

/** The topic or group of an ARN, `-` for a cluster. The ARN is a string or an `Fn::Join` of strings and references. */
function nameIn(resource: unknown): string {
  const whole = typeof resource === 'string' ? resource : textsOf(resource).join('');
  return /:(?:topic|group)\/.*\/([^/]+)$/.exec(whole)?.[1] ?? '-';
}

function textsOf(value: unknown): string[] {
  const { 'Fn::Join': join } = Object(value) as {
    readonly 'Fn::Join'?: readonly [string, readonly unknown[]];
  };
  return join === undefined ? [] : join[1].map((part) => (typeof part === 'string' ? part : 'x'));
}
