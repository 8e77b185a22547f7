import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { prod } from '../../lib/config/environments/prod.ts';
import { type EnvironmentInput, loadCatalogue } from '../../lib/config/index.ts';
import { databaseServices } from '../support/database-services.ts';
import { scratchFolder } from '../support/scratch.ts';
import { newApp, type Resource, stageOf, synthesised, type Template } from '../support/synth.ts';
import { sharedDatabase, twoRegions } from '../support/two-regions.ts';

const scratch = scratchFolder('regions');

interface Stack {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly template: Template;
}

function stacksOf(folder: string, overrides: Partial<EnvironmentInput>): Stack[] {
  return stageOf(newApp(`${scratch}/${folder}`), 'prod', overrides)
    .synth()
    .stacks.map((stack) => ({
      id: stack.hierarchicalId.split('/').at(-1) ?? '',
      name: stack.stackName,
      region: stack.environment.region,
      template: JSON.parse(readFileSync(stack.templateFullPath, 'utf8')) as Template,
    }));
}

const ofType = (stacks: readonly Stack[], type: string): Resource[] =>
  stacks.flatMap(({ template }) =>
    Object.values(template.Resources).filter((resource) => resource['Type'] === type),
  );

describe('two regions', () => {
  let stacks: Stack[];
  const named = (id: string) => {
    const found = stacks.find((stack) => stack.id === id);
    if (found === undefined) throw new Error(`The stack ${id} does not exist.`);
    return found;
  };
  beforeAll(() => {
    stacks = stacksOf('failover', twoRegions);
  }, 60_000);

  test('have every stack except the edge twice, and the first region keeps its names', () => {
    const alone = Object.keys(synthesised('prod').templates);
    const first = stacks.filter(({ id }) => !id.endsWith('-eu-central-1')).map(({ id }) => id);
    expect(first.sort()).toEqual([...alone, 'Routing'].sort());
    const second = stacks.filter(({ region }) => region === 'eu-central-1').map(({ id }) => id);
    const edgeOnly = ['Edge', 'OriginSecretRotation', 'Key-us-east-1'];
    expect(second.sort()).toEqual(
      [...alone.filter((id) => !edgeOnly.includes(id)), 'Routing', 'TablesKey']
        .map((id) => `${id}-eu-central-1`)
        .sort(),
    );
    expect(new Set(stacks.map(({ name }) => name)).size).toBe(stacks.length);
    expect(named('Api').name).toBe('gatehouse-prod-api');
    expect(named('Api-eu-central-1').name).toBe('gatehouse-prod-api-eu-central-1');
  });

  test('have unique names of resources that are global in an account', () => {
    const names = (type: string, property: string): string[] =>
      ofType(stacks, type).flatMap(({ Properties }) => Properties?.[property] ?? []);
    for (const [type, property] of [
      ['AWS::CloudWatch::Dashboard', 'DashboardName'],
      ['AWS::IAM::Role', 'RoleName'],
      ['AWS::S3::Bucket', 'BucketName'],
      ['AWS::SecretsManager::Secret', 'Name'],
    ] as const) {
      const all = names(type, property);
      expect(all.filter((name, index) => all.indexOf(name) !== index)).toEqual([]);
    }
    expect(names('AWS::CloudWatch::Dashboard', 'DashboardName').sort()).toEqual([
      'gatehouse-prod',
      'gatehouse-prod-eu-central-1',
    ]);
  });

  test("differ in the second region's settings", () => {
    const resources = (id: string) => JSON.stringify(named(id).template.Resources);
    expect(resources('Service-product')).toContain(`:${prod.services.imageTag}"`);
    expect(resources('Service-product-eu-central-1')).toContain(':frankfurt"');
    const [vpc] = ofType([named('Network-eu-central-1')], 'AWS::EC2::VPC');
    expect(vpc?.['Properties'].CidrBlock).toBe('10.41.0.0/16');
  });

  test("replicate clients, usage and the audit under each region's key, and no other table", () => {
    const tables = (id: string) => named(id).template.Resources;
    const replicas = Object.entries(tables('Data'))
      .filter(([, { Type }]) => Type === 'AWS::DynamoDB::GlobalTable')
      .filter(([, { Properties }]) => Properties.Replicas.length === 2);
    expect(replicas.map(([id]) => id).sort()).toEqual(['ClientsTable', 'PolicyAuditTable', 'UsageTable']);
    for (const [, { Properties }] of replicas) {
      const there = Properties.Replicas.find(({ Region }: Resource) => Region === 'eu-central-1');
      expect(there.SSESpecification.KMSMasterKeyId).toMatchObject({
        'Fn::GetStackOutput': { StackName: 'gatehouse-prod-tables-key-eu-central-1', Region: 'eu-central-1' },
      });
      expect(there.DeletionProtectionEnabled).toBe(true);
    }
    expect(
      Object.entries(tables('Data-eu-central-1'))
        .filter(([, { Type }]) => Type === 'AWS::DynamoDB::GlobalTable')
        .map(([id]) => id)
        .sort(),
    ).toEqual(['BusinessStateTable', 'MeteringLedgerTable']);
  });

  test('give the second authorizer the replicas in its region', () => {
    const { Resources } = named('Api-eu-central-1').template;
    const policies = JSON.stringify(
      Object.values(Resources).filter(({ Type }) => Type === 'AWS::IAM::Policy'),
    );
    expect(policies).toContain(':dynamodb:eu-central-1:');
    expect(policies).not.toContain(':dynamodb:eu-west-1:');
    const auth = Object.entries(Resources).find(([id]) => id.startsWith('AuthFunction'))?.[1];
    expect(JSON.stringify(auth)).toContain('"StackName":"gatehouse-prod-data","Region":"eu-west-1"');
  });

  test('have one set of secrets, with replicas', () => {
    const secrets = ofType(stacks, 'AWS::SecretsManager::Secret').map(({ Properties }) => [
      Properties.Name,
      (Properties.ReplicaRegions ?? []).map(({ Region }: Resource) => Region).sort(),
    ]);
    expect(Object.fromEntries(secrets)).toEqual({
      'gatehouse/prod/origin-secret': ['eu-central-1', 'us-east-1'],
      'gatehouse/prod/partner-proof': ['eu-central-1', 'us-east-1'],
      'gatehouse/prod/key-pepper': ['eu-central-1'],
      'gatehouse/prod/database-user': ['eu-central-1'],
      ...Object.fromEntries(
        databaseServices(loadCatalogue()).map((service) => [
          `gatehouse/prod/database/${service}`,
          ['eu-central-1'],
        ]),
      ),
      'gatehouse/prod/webhooks/stripe': ['eu-central-1'],
    });
  });

  test("have one global database with a cluster in each region, encrypted with the region's key", () => {
    const [first, second] = ['Data', 'Data-eu-central-1'].map((id) => named(id).template.Resources);
    expect(first?.['GlobalDatabase']).toMatchObject({
      Type: 'AWS::RDS::GlobalCluster',
      DeletionPolicy: 'RetainExceptOnCreate',
      Properties: { GlobalClusterIdentifier: 'gatehouse-prod-global', DeletionProtection: true },
    });
    expect(JSON.stringify(first?.['GlobalDatabase'])).toContain('"Ref":"Database"');
    expect(ofType([named('Data-eu-central-1')], 'AWS::RDS::GlobalCluster')).toEqual([]);
    const [of, follows] = [first?.['Database']?.['Properties'], second?.['Database']?.['Properties']];
    expect(of).toMatchObject({ MasterUsername: 'shop', ManageMasterUserPassword: false });
    expect(of).not.toHaveProperty('GlobalClusterIdentifier');
    expect(follows).toMatchObject({
      GlobalClusterIdentifier: 'gatehouse-prod-global',
      SourceRegion: 'eu-west-1',
      StorageEncrypted: true,
    });
    for (const [properties, region] of [
      [of, ''],
      [follows, '-eu-central-1'],
    ] as const) {
      expect(JSON.stringify(properties.KmsKeyId)).toContain(`gatehouse-prod-key${region}"`);
      expect(properties).not.toHaveProperty('MasterUserSecret');
    }
    expect(JSON.stringify(second)).not.toContain('{{resolve:secretsmanager');
  });

  test("give tasks the cluster and the password's replica of their region", () => {
    for (const suffix of ['', '-eu-central-1']) {
      const [task] = ofType([named(`Service-order${suffix}`)], 'AWS::ECS::TaskDefinition');
      const containers: Resource[] = task?.['Properties'].ContainerDefinitions;
      const order = containers.find(({ Secrets }) => Secrets !== undefined);
      const variable = (list: Resource[], name: string) =>
        JSON.stringify(list.find(({ Name }) => Name === name));
      expect(variable(order?.['Environment'], 'DATABASE_GLOBAL')).toContain('"true"');
      expect(variable(order?.['Environment'], 'DATABASE_HOST')).toContain(`"gatehouse-prod-data${suffix}"`);
      const password = variable(order?.['Secrets'], 'DATABASE_PASSWORD');
      expect(password).toContain(':password::');
      expect(password.includes(':secretsmanager:eu-central-1:')).toBe(suffix !== '');
    }
  });

  test('monitor the database by any instance, because the writer may be in the other region', () => {
    for (const id of ['Alerts', 'Alerts-eu-central-1']) {
      const away = ofType([named(id)], 'AWS::CloudWatch::Alarm').find(({ Properties }) =>
        JSON.stringify(Properties).includes('instances report'),
      );
      expect(JSON.stringify(away)).not.toContain('WRITER');
      expect(away).toBeDefined();
    }
  });

  test('have one name for the edge and two names for health checks', () => {
    const origins: Resource[] = ofType(stacks, 'AWS::CloudFront::Distribution')[0]?.['Properties']
      .DistributionConfig.Origins;
    expect(origins.map(({ DomainName }) => DomainName)).toContain('origin.store.example');
    const checks = ofType(stacks, 'AWS::Route53::HealthCheck').map(
      ({ Properties }) => Properties.HealthCheckConfig,
    );
    expect(checks.map((check) => check.FullyQualifiedDomainName)).toEqual([
      'eu-west-1.origin.store.example',
      'eu-central-1.origin.store.example',
    ]);
    for (const check of checks) {
      expect(check).toMatchObject({ Type: 'HTTPS', ResourcePath: '/health', EnableSNI: true });
    }
    const names: string[] = ofType(stacks, 'AWS::ApiGatewayV2::DomainName').map(
      ({ Properties }) => Properties.DomainName,
    );
    expect(names.sort()).toEqual([
      'eu-central-1.origin.store.example',
      'eu-west-1.origin.store.example',
      'origin.store.example',
      'origin.store.example',
    ]);
    expect(records(stacks)).toEqual([
      ['A', 'eu-west-1', { Failover: 'PRIMARY' }],
      ['AAAA', 'eu-west-1', { Failover: 'PRIMARY' }],
      ['A', 'eu-central-1', { Failover: 'SECONDARY' }],
      ['AAAA', 'eu-central-1', { Failover: 'SECONDARY' }],
    ]);
  });

  test('use latency routing and separate usage tables if configured', () => {
    const nearest = stacksOf('latency', {
      ...twoRegions,
      database: sharedDatabase,
      regionRouting: 'latency',
    });
    expect(records(nearest)).toEqual([
      ['A', 'eu-west-1', { Region: 'eu-west-1' }],
      ['AAAA', 'eu-west-1', { Region: 'eu-west-1' }],
      ['A', 'eu-central-1', { Region: 'eu-central-1' }],
      ['AAAA', 'eu-central-1', { Region: 'eu-central-1' }],
    ]);
    const own = nearest.find(({ id }) => id === 'Data-eu-central-1')?.template.Resources ?? {};
    expect(Object.keys(own)).toContain('UsageTable');
    expect(Object.keys(own)).not.toContain('ClientsTable');
  }, 60_000);
});

/** DNS records of the shared name: type, set identifier and routing policy. */
function records(stacks: readonly Stack[]) {
  return ofType(stacks, 'AWS::Route53::RecordSet')
    .map(({ Properties }) => Properties)
    .filter(({ Name }) => Name === 'origin.store.example.')
    .map(({ Type, SetIdentifier, Failover, Region, HealthCheckId }) => {
      expect(HealthCheckId).toBeDefined();
      return [Type, SetIdentifier, { ...(Failover && { Failover }), ...(Region && { Region }) }];
    });
}
