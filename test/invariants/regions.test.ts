import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { prod } from '../../lib/config/environments/prod.ts';
import { ConfigError, type EnvironmentInput, loadConfiguration } from '../../lib/config/index.ts';
import { scratchFolder } from '../support/scratch.ts';
import { newApp, type Resource, stageOf, synthesised, type Template } from '../support/synth.ts';

const scratch = scratchFolder('regions');

const certificate = (region: string) => `arn:aws:acm:${region}:111122223333:certificate/origin`;

const frankfurt = {
  region: 'eu-central-1',
  availabilityZones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'],
  network: { cidr: '10.41.0.0/16', natGateways: 3 },
  apiCertificateArn: certificate('eu-central-1'),
  services: { ...prod.services, imageTag: 'frankfurt' },
};

const domain = {
  name: 'origin.store.example',
  certificateArn: certificate('eu-west-1'),
  hostedZone: { id: 'Z0123456789ABCDEFGHIJ', name: 'store.example' },
};

/** What makes two regions of `prod`. */
const twoRegions: Partial<EnvironmentInput> = {
  api: { domain },
  regions: [frankfurt],
};

/** One that all regions write to. */
const sharedDatabase = {
  kind: 'existing',
  url: 'postgresql://shop@orders.global.example:5432/shop',
} as const;

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
    if (found === undefined) throw new Error(`No stack ${id}.`);
    return found;
  };
  beforeAll(() => {
    stacks = stacksOf('failover', twoRegions);
  }, 60_000);

  test('have everything but the edge twice, and the first keeps its names', () => {
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

  test('share no name of what an account has once', () => {
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

  test('differ in what the second says itself', () => {
    const images = (id: string) => JSON.stringify(named(id).template.Resources).match(/:(prod|frankfurt)"/g);
    expect(images('Service-product')).toContain(':prod"');
    expect(images('Service-product-eu-central-1')).toContain(':frankfurt"');
    const [vpc] = ofType([named('Network-eu-central-1')], 'AWS::EC2::VPC');
    expect(vpc?.['Properties'].CidrBlock).toBe('10.41.0.0/16');
  });

  test('have clients, usage and the audit replicated under keys of each region, and the rest apart', () => {
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

  test('give the second authorizer the replicas, in its own region', () => {
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
        ['inventory', 'order', 'payment', 'product', 'review', 'user'].map((service) => [
          `gatehouse/prod/database/${service}`,
          ['eu-central-1'],
        ]),
      ),
      'gatehouse/prod/webhooks/stripe': ['eu-central-1'],
    });
  });

  test('have one database, made in the first and followed in the second, under the key of each', () => {
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

  test('give tasks of each region its own cluster and its own copy of the password', () => {
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

  test('tell of the database by any instance, since the writer may be in the other', () => {
    for (const id of ['Alerts', 'Alerts-eu-central-1']) {
      const away = ofType([named(id)], 'AWS::CloudWatch::Alarm').find(({ Properties }) =>
        JSON.stringify(Properties).includes('instances report'),
      );
      expect(JSON.stringify(away)).not.toContain('WRITER');
      expect(away).toBeDefined();
    }
  });

  test('are found by the edge under one name, and asked for their health under two', () => {
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

  test('go by distance where they are told to, and then count usage apart', () => {
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

/** Records of the name of all: kind, which, and how it is chosen. */
function records(stacks: readonly Stack[]) {
  return ofType(stacks, 'AWS::Route53::RecordSet')
    .map(({ Properties }) => Properties)
    .filter(({ Name }) => Name === 'origin.store.example.')
    .map(({ Type, SetIdentifier, Failover, Region, HealthCheckId }) => {
      expect(HealthCheckId).toBeDefined();
      return [Type, SetIdentifier, { ...(Failover && { Failover }), ...(Region && { Region }) }];
    });
}

describe('regions that do not go together', () => {
  const faultsOf = (overrides: Partial<EnvironmentInput>): string => {
    try {
      loadConfiguration('prod', { ...twoRegions, ...overrides });
      return '';
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.message;
    }
  };
  const second = (changes: Partial<typeof frankfurt>) => ({ regions: [{ ...frankfurt, ...changes }] });
  const paris = {
    ...frankfurt,
    region: 'eu-west-3',
    availabilityZones: ['eu-west-3a', 'eu-west-3b', 'eu-west-3c'],
    network: { cidr: '10.42.0.0/16', natGateways: 3 },
    apiCertificateArn: certificate('eu-west-3'),
  };

  test.each<[string, Partial<EnvironmentInput>, string]>([
    ['no name', { api: {} }, 'prod.api.domain: is not given'],
    ['no zone', { api: { domain: { ...domain, hostedZone: undefined } } }, 'prod.api.domain: is not given'],
    [
      'Aurora with writers in each',
      { regionRouting: 'latency' },
      'prod.database: would have its one writer in one region',
    ],
    [
      'a database in one and none in the other',
      { regions: [{ ...frankfurt, database: sharedDatabase }] },
      'prod.regions[0].database: is of kind "existing" and the first region\'s of kind "aurora"',
    ],
    [
      'a user pool',
      { identity: { kind: 'cognito', domainPrefix: 'store', applications: {} } },
      'prod.identity',
    ],
    [
      'the same region',
      second({ region: 'eu-west-1', availabilityZones: [...prod.availabilityZones] }),
      'prod.regions[0].region: is "eu-west-1" twice',
    ],
    [
      'ranges that overlap',
      second({ network: { cidr: '10.40.128.0/17', natGateways: 1 } }),
      'prod.regions[0].network.cidr: overlaps',
    ],
    [
      'zones of another region',
      second({ availabilityZones: [...prod.availabilityZones] }),
      'prod.regions[0].availabilityZones: names a zone that is not in eu-central-1',
    ],
    ['failover among three', { regions: [frankfurt, paris] }, 'prod.regions: are 2 besides the first'],
    [
      'an unknown service in the second',
      second({ services: { ...frankfurt.services, canaryImageTags: { nobody: 'x' } } }),
      'environments/prod.regions[0].services.canaryImageTags',
    ],
  ])('are refused by name: %s', (_, overrides, fault) => {
    expect(faultsOf(overrides)).toContain(fault);
  });

  test('go together by distance, three of them', () => {
    expect(
      faultsOf({ regions: [frankfurt, paris], regionRouting: 'latency', database: sharedDatabase }),
    ).toBe('');
  });
});
