import { describe, expect, test } from 'vitest';
import { loadCatalogue, webhookRouteKey } from '../../lib/config/index.ts';
import { accessLogFields } from '../../lib/features/public-api/access-log-format.ts';
import { environmentNames, type Resource, resourcesOf } from '../support/synth.ts';

/** Functions that the CDK adds for deployments. They run only while a stack changes, and the rules do not apply to them. */
const isDeploymentHelper = (id: string) => id.startsWith('Custom');

describe.each(environmentNames)('%s', (environment) => {
  const all = resourcesOf(environment);
  const ofType = (type: string) => all.filter(({ resource }) => resource['Type'] === type);
  /** Names of the resources of a type that violate a rule. */
  const failing = (type: string, holds: (properties: Resource, id: string) => unknown) => {
    const found = ofType(type);
    expect(found.length, `resources of type ${type}`).toBeGreaterThan(0);
    return found
      .filter(({ id, resource }) => !holds(resource['Properties'] ?? {}, id))
      .map(({ stack, id }) => `${stack}/${id}`);
  };

  test('every route except health checks and webhooks uses the authorizer, which has no cache', () => {
    const open = ofType('AWS::ApiGatewayV2::Route').filter(
      ({ resource }) => resource['Properties'].AuthorizationType !== 'CUSTOM',
    );
    expect(open.map(({ resource }) => resource['Properties'].RouteKey)).toEqual([
      'GET /health',
      'HEAD /health',
      ...Object.values(loadCatalogue().webhooks).map(webhookRouteKey),
    ]);
    expect(failing('AWS::ApiGatewayV2::Authorizer', (p) => p['AuthorizerResultTtlInSeconds'] === 0)).toEqual(
      [],
    );
  });

  test('every function runs Node 24 on Graviton, traced, in the VPC and with a log group', () => {
    expect(
      failing(
        'AWS::Lambda::Function',
        (p, id) =>
          isDeploymentHelper(id) ||
          (p['Runtime'] === 'nodejs24.x' &&
            p['Architectures'][0] === 'arm64' &&
            p['TracingConfig'].Mode === 'Active' &&
            p['VpcConfig'].SubnetIds.length === 3 &&
            p['LoggingConfig'].LogGroup !== undefined),
      ),
    ).toEqual([]);
  });

  test('no two functions share a security group', () => {
    const groups = ofType('AWS::Lambda::Function')
      .filter(({ id }) => !isDeploymentHelper(id))
      .map(({ resource }) => JSON.stringify(resource['Properties'].VpcConfig.SecurityGroupIds));
    expect(groups).toHaveLength(new Set(groups).size);
  });

  test('tasks run on Graviton without a public IP address', () => {
    expect(
      failing('AWS::ECS::TaskDefinition', (p) => p['RuntimePlatform'].CpuArchitecture === 'ARM64'),
    ).toEqual([]);
    expect(
      failing(
        'AWS::ECS::Service',
        (p) => p['NetworkConfiguration'].AwsvpcConfiguration.AssignPublicIp === 'DISABLED',
      ),
    ).toEqual([]);
  });

  test('every log group has a retention period', () => {
    expect(failing('AWS::Logs::LogGroup', (p) => p['RetentionInDays'] > 0)).toEqual([]);
  });

  test('the format of the access log is JSON of at most 3 KB', () => {
    const [stage] = ofType('AWS::ApiGatewayV2::Stage');
    const format: string = stage?.resource['Properties'].AccessLogSettings.Format;
    expect(JSON.parse(format)).toEqual(accessLogFields);
    expect(Buffer.byteLength(format)).toBeLessThan(3_072);
  });

  test('data is encrypted at rest', () => {
    expect(failing('AWS::S3::Bucket', (p) => p['BucketEncryption'])).toEqual([]);
    expect(failing('AWS::SNS::Topic', (p) => p['KmsMasterKeyId'])).toEqual([]);
    expect(failing('AWS::DynamoDB::GlobalTable', (p) => p['SSESpecification'].SSEEnabled === true)).toEqual(
      [],
    );
    expect(failing('AWS::KMS::Key', (p) => p['EnableKeyRotation'] === true)).toEqual([]);
  });

  test('buckets refuse public access and access without TLS', () => {
    expect(
      failing('AWS::S3::Bucket', (p) =>
        ['BlockPublicAcls', 'BlockPublicPolicy', 'IgnorePublicAcls', 'RestrictPublicBuckets'].every(
          (rule) => p['PublicAccessBlockConfiguration'][rule] === true,
        ),
      ),
    ).toEqual([]);
    const refused = ofType('AWS::S3::BucketPolicy')
      .filter(({ resource }) =>
        resource['Properties'].PolicyDocument.Statement.some(
          (statement: Resource) =>
            statement['Effect'] === 'Deny' &&
            statement['Condition']?.Bool?.['aws:SecureTransport'] === 'false',
        ),
      )
      .map(({ stack, resource }) => `${stack}/${resource['Properties'].Bucket.Ref}`);
    expect(refused.sort()).toEqual(
      ofType('AWS::S3::Bucket')
        .map(({ stack, id }) => `${stack}/${id}`)
        .sort(),
    );
  });

  test('only the edge is internet-facing', () => {
    expect(failing('AWS::ElasticLoadBalancingV2::LoadBalancer', (p) => p['Scheme'] === 'internal')).toEqual(
      [],
    );
    const anywhere = (rule: Resource) => rule['CidrIp'] === '0.0.0.0/0' || rule['CidrIpv6'] === '::/0';
    expect(
      failing('AWS::EC2::SecurityGroup', (p) => !(p['SecurityGroupIngress'] ?? []).some(anywhere)),
    ).toEqual([]);
    expect(failing('AWS::EC2::SecurityGroupIngress', (p) => !anywhere(p))).toEqual([]);
    expect(failing('AWS::EC2::Subnet', (p) => p['MapPublicIpOnLaunch'] !== true)).toEqual([]);
  });

  test('the edge requires TLS, removes headers on every path and caches no errors', () => {
    expect(
      failing('AWS::CloudFront::Distribution', ({ DistributionConfig: config }) =>
        [config.DefaultCacheBehavior, ...config.CacheBehaviors].every(
          (behavior) =>
            behavior.ViewerProtocolPolicy === 'https-only' &&
            behavior.FunctionAssociations.length === 1 &&
            behavior.FunctionAssociations[0].EventType === 'viewer-request' &&
            behavior.ResponseHeadersPolicyId !== undefined,
        ),
      ),
    ).toEqual([]);
    expect(
      failing(
        'AWS::CloudFront::Distribution',
        ({ DistributionConfig: config }) =>
          config.WebACLId !== undefined &&
          config.Origins.every(
            (origin: Resource) =>
              // CloudFront calls a bucket by TLS and signs the requests.
              origin['OriginAccessControlId'] !== undefined ||
              origin['CustomOriginConfig'].OriginProtocolPolicy === 'https-only',
          ) &&
          config.CustomErrorResponses.every((response: Resource) => response['ErrorCachingMinTTL'] === 0),
      ),
    ).toEqual([]);
  });

  test('the secrets of the edge are references, not values, and are sent to the APIs only', () => {
    const [origins = []] = ofType('AWS::CloudFront::Distribution').map(
      ({ resource }) => resource['Properties'].DistributionConfig.Origins as Resource[],
    );
    const isApi = (origin: Resource) => JSON.stringify(origin['DomainName']).includes('.execute-api.');
    expect(origins.filter(isApi).map((origin) => origin['OriginCustomHeaders'])).toEqual(
      [['origin-secret'], ['origin-secret', 'partner-proof']].map((names) =>
        names.map((name) => ({
          HeaderName: `x-gw-${name}`,
          HeaderValue: `{{resolve:secretsmanager:gatehouse/${environment}/${name}:SecretString:::}}`,
        })),
      ),
    );
    for (const origin of origins.filter((one) => !isApi(one)))
      expect(origin['OriginCustomHeaders']).toBeUndefined();
  });

  // alarms.test.ts checks that every alarm notifies exactly once.
  test('every alarm has a description and the link of its runbook', () => {
    for (const type of ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm']) {
      expect(
        failing(type, (p) =>
          /^.{20,}\nRunbook: https:\/\/\S+\/[A-Za-z/-]+\.md$/m.test(p['AlarmDescription']),
        ),
      ).toEqual([]);
    }
  });
});
