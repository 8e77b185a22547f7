import { createHash } from 'node:crypto';

/** The parts of a template resource that decide on its replacement. */
export interface ResourceDefinition {
  readonly type: string;
  /** Without tokens, as in the template. */
  readonly properties: () => object;
}

/**
 * A digest of the resources that a value refers to with `Ref` or `Fn::GetAtt`: logical ids, types, and the properties whose
 * change makes CloudFormation replace the resource; recursively for the resources that these refer to.
 *
 * @param value of an output, without tokens
 * @param resources of the stack, by logical id. Other references (parameters, pseudo parameters) are treated as text
 * @returns eight hexadecimal digits
 */
export function replacementDigest(
  value: unknown,
  resources: ReadonlyMap<string, ResourceDefinition>,
): string {
  const described = new Map<string, unknown>();
  const describe = (part: unknown): void => {
    for (const id of referencesIn(part)) {
      const resource = resources.get(id);
      if (resource === undefined || described.has(id)) continue;
      const replacing = replacingProperties(resource);
      described.set(id, [resource.type, replacing]);
      describe(replacing);
    }
  };
  describe(value);
  const sorted = [...described].sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 8);
}

/** Logical ids and pseudo parameters that a part of a template refers to. */
function referencesIn(part: unknown): string[] {
  if (part === null || typeof part !== 'object') return [];
  if (Array.isArray(part)) return part.flatMap(referencesIn);
  return Object.entries(part).flatMap(([key, value]) => {
    if (key === 'Ref') return [String(value)];
    if (key === 'Fn::GetAtt') return [String(Array.isArray(value) ? value[0] : value).split('.', 1)[0] ?? ''];
    if (key === 'Fn::Sub') {
      const [text, variables] = Array.isArray(value) ? value : [value, {}];
      return [...String(text).matchAll(/\$\{([^!.}]+)/g)]
        .map(([, id = '']) => id)
        .concat(referencesIn(variables));
    }
    return referencesIn(value);
  });
}

/** For a type that is not in the table: all properties, so that no replacement is missed. */
function replacingProperties({ type, properties }: ResourceDefinition): object {
  const names = propertiesThatReplace[type];
  if (names === undefined) return properties();
  if (names.length === 0) return {};
  return Object.fromEntries(Object.entries(properties()).filter(([name]) => names.includes(name)));
}

/**
 * Properties whose change replaces a resource, for the types that other stacks read: `createOnlyProperties` and
 * `conditionalCreateOnlyProperties` of CloudFormation's registry schemas of October 2026. The verification of the templates
 * compares the table with the schemas.
 */
export const propertiesThatReplace: Readonly<Record<string, readonly string[]>> = {
  'AWS::ApiGateway::RestApi': [],
  'AWS::ApiGateway::Stage': ['RestApiId', 'StageName'],
  'AWS::ApiGateway::UsagePlan': [],
  'AWS::ApiGatewayV2::Api': ['ProtocolType'],
  'AWS::ApiGatewayV2::VpcLink': ['SecurityGroupIds', 'SubnetIds'],
  'AWS::CloudFront::Distribution': [],
  'AWS::CloudWatch::Alarm': ['AlarmName'],
  'AWS::CloudWatch::CompositeAlarm': ['AlarmName'],
  'AWS::Cognito::UserPool': [],
  'AWS::DynamoDB::GlobalTable': ['GlobalTableSourceArn', 'KeySchema', 'LocalSecondaryIndexes', 'TableName'],
  'AWS::EC2::SecurityGroup': ['GroupDescription', 'GroupName', 'VpcId'],
  'AWS::EC2::Subnet': [
    'AvailabilityZone',
    'AvailabilityZoneId',
    'CidrBlock',
    'Ipv4IpamPoolId',
    'Ipv4NetmaskLength',
    'Ipv6CidrBlock',
    'Ipv6IpamPoolId',
    'Ipv6Native',
    'Ipv6NetmaskLength',
    'OutpostArn',
    'VpcId',
  ],
  'AWS::EC2::VPC': [
    'CidrBlock',
    'InstanceTenancy',
    'Ipv4IpamPoolId',
    'Ipv4NetmaskLength',
    'VpcEncryptionControl',
  ],
  'AWS::ECR::Repository': ['EncryptionConfiguration', 'RepositoryName'],
  'AWS::ECS::Cluster': ['ClusterName'],
  'AWS::ECS::Service': ['Cluster', 'LaunchType', 'Role', 'SchedulingStrategy', 'ServiceName'],
  'AWS::ElastiCache::ReplicationGroup': [
    'AtRestEncryptionEnabled',
    'AuthToken',
    'CacheSubnetGroupName',
    'DataTieringEnabled',
    'GlobalReplicationGroupId',
    'KmsKeyId',
    'NetworkType',
    'NodeGroupConfiguration',
    'Port',
    'PreferredCacheClusterAZs',
    'ReplicationGroupId',
    'SnapshotArns',
    'SnapshotName',
  ],
  'AWS::ElastiCache::ServerlessCache': [
    'ConnectionType',
    'KmsKeyId',
    'NetworkType',
    'ServerlessCacheName',
    'SnapshotArnsToRestore',
    'SubnetIds',
  ],
  'AWS::ElastiCache::User': ['UserId', 'UserName'],
  'AWS::ElasticLoadBalancingV2::Listener': ['LoadBalancerArn'],
  'AWS::ElasticLoadBalancingV2::LoadBalancer': ['Name', 'Scheme', 'Type'],
  'AWS::ElasticLoadBalancingV2::TargetGroup': [
    'IpAddressType',
    'Name',
    'Port',
    'Protocol',
    'ProtocolVersion',
    'TargetType',
    'VpcId',
  ],
  'AWS::IAM::Role': ['Path', 'RoleName'],
  'AWS::KMS::Key': [],
  'AWS::Lambda::Alias': ['FunctionName', 'Name'],
  'AWS::Lambda::Function': ['DurableConfig', 'FunctionName', 'PackageType', 'TenancyConfig'],
  'AWS::Logs::LogGroup': ['LogGroupName'],
  'AWS::MSK::Cluster': ['BrokerNodeGroupInfo', 'ClusterName', 'EncryptionInfo'],
  'AWS::MSK::ServerlessCluster': ['ClientAuthentication', 'ClusterName', 'Tags', 'VpcConfigs'],
  'AWS::RDS::DBCluster': [
    'AvailabilityZones',
    'ClusterScalabilityType',
    'DBClusterIdentifier',
    'DBSubnetGroupName',
    'DBSystemId',
    'DatabaseName',
    'Engine',
    'EngineMode',
    'GlobalClusterIdentifier',
    'KmsKeyId',
    'MasterUsername',
    'PubliclyAccessible',
    'RestoreToTime',
    'RestoreType',
    'SnapshotIdentifier',
    'SourceDBClusterIdentifier',
    'SourceDbClusterResourceId',
    'SourceRegion',
    'StorageEncrypted',
    'UseLatestRestorableTime',
  ],
  'AWS::S3::Bucket': ['BucketName', 'BucketNamePrefix', 'BucketNamespace'],
  'AWS::SNS::Topic': ['FifoTopic', 'TopicName'],
  'AWS::SQS::Queue': ['FifoQueue', 'QueueName'],
  'AWS::SecretsManager::Secret': ['Name'],
  'AWS::WAFv2::WebACL': ['Name', 'Scope'],
};
