import { describe, expect, test } from 'vitest';
import type { Environment } from '../../../lib/config/index.ts';
import type { CheckResult } from '../../../lib/ops/check-report.ts';
import type { Account } from '../../../lib/ops/preflight/account.ts';
import { covers } from '../../../lib/ops/preflight/checks/certificates.ts';
import type { DeploymentPlan } from '../../../lib/ops/preflight/plan.ts';
import { accountChecks, runChecks } from '../../../lib/ops/preflight/run-checks.ts';
import type { StackTemplate } from '../../../lib/ops/quotas/region-resources.ts';
import {
  accountId,
  deniedAccount,
  deployableAccount,
  foundResult,
  missingResult,
  unreadableResult,
} from '../../support/deployable-account.ts';

const certificate = (region: string, name: string) =>
  `arn:aws:acm:${region}:${accountId}:certificate/${name}`;

const join = (...parts: readonly unknown[]) => ({ 'Fn::Join': ['', parts] });
const secretArn = (name: string) =>
  join(
    'arn:',
    { Ref: 'AWS::Partition' },
    ':secretsmanager:eu-west-1:',
    { Ref: 'AWS::AccountId' },
    `:secret:${name}`,
  );

const resource = (Type: string, Properties: Readonly<Record<string, unknown>> = {}) => ({ Type, Properties });

const bootstrap = { parameter: '/cdk-bootstrap/hnb659fds/version', version: 6 };
const uploadUrl = ['s3://cdk-assets-$', '{AWS::AccountId}-eu-west-1/abc.json'].join('');

/** A deployment that has one of each thing that is checked. */
const regional: StackTemplate = {
  name: 'gatehouse-staging-all',
  region: 'eu-west-1',
  bootstrap,
  uploadUrl,
  template: {
    Resources: {
      Function: resource('AWS::Lambda::Function', { ReservedConcurrentExecutions: 50 }),
      Address: resource('AWS::EC2::EIP'),
      Stage: resource('AWS::ApiGatewayV2::Stage', {
        DefaultRouteSettings: { ThrottlingRateLimit: 2_000, ThrottlingBurstLimit: 1_000 },
      }),
      Name: resource('AWS::ApiGatewayV2::DomainName', {
        DomainName: 'origin.shop.tld',
        DomainNameConfigurations: [{ CertificateArn: certificate('eu-west-1', 'origin.shop.tld') }],
      }),
      Cluster: resource('AWS::ECS::Cluster'),
      Task: resource('AWS::ECS::TaskDefinition', {
        ContainerDefinitions: [
          {
            Secrets: [
              { Name: 'KEY', ValueFrom: secretArn('gatehouse/staging/stripe-key') },
              { Name: 'TOKEN', ValueFrom: secretArn('gatehouse/staging/pim-token:value::') },
              { Name: 'OWN', ValueFrom: secretArn('gatehouse/staging/own') },
            ],
          },
        ],
      }),
      Policy: resource('AWS::IAM::Policy', {
        Resource: [secretArn('gatehouse/staging/stripe-key-??????'), secretArn('gatehouse/*')],
      }),
      Secret: resource('AWS::SecretsManager::Secret', { Name: 'gatehouse/staging/own' }),
      Images: resource('AWS::ECR::Repository', { RepositoryName: 'gatehouse-staging-shop' }),
      Brokers: resource('AWS::MSK::Cluster', { ClusterName: 'gatehouse-staging', KafkaVersion: '3.9.x' }),
      Database: resource('AWS::RDS::DBCluster', {
        DBClusterIdentifier: 'gatehouse-staging',
        Engine: 'aurora-postgresql',
        EngineVersion: '17.7',
      }),
      Global: resource('AWS::RDS::GlobalCluster'),
      Vault: resource('AWS::Backup::BackupVault', { BackupVaultName: 'gatehouse-staging' }),
    },
  },
};

const edge: StackTemplate = {
  name: 'gatehouse-staging-edge',
  region: 'us-east-1',
  bootstrap,
  template: {
    Resources: {
      Distribution: resource('AWS::CloudFront::Distribution', {
        DistributionConfig: {
          Aliases: ['www.shop.tld'],
          ViewerCertificate: { AcmCertificateArn: certificate('us-east-1', 'www.shop.tld') },
        },
      }),
      Record: resource('AWS::Route53::RecordSet', { HostedZoneId: 'Z1', Name: 'www.shop.tld.' }),
      ViewerRequest: resource('AWS::CloudFront::Function', { Name: 'viewer', FunctionCode: 'code' }),
    },
  },
};

const environment = {
  name: 'staging',
  region: 'eu-west-1',
  regions: [],
  account: accountId,
  api: {},
  alarms: {},
  services: { imageTag: 'staging', canaryImageTags: { order: 'next' } },
  corsOrigins: ['https://shop.tld', 'http://localhost:3000'],
} as unknown as Environment;

const plan = (over: object = {}, stacks: readonly StackTemplate[] = [regional, edge]): DeploymentPlan => ({
  configuration: {
    catalogue: {} as DeploymentPlan['configuration']['catalogue'],
    environment: { ...environment, ...over },
  },
  stacks,
});

const ask = async (
  account: Partial<Account> = {},
  what: DeploymentPlan = plan(),
): Promise<readonly CheckResult[]> => await runChecks(what, { ...deployableAccount, ...account });

const failed = (results: readonly CheckResult[]) => results.filter(({ outcome }) => outcome === 'fail');

const own =
  (status: string, tags: object = { application: 'gatehouse', environment: 'staging' }) =>
  () =>
    foundResult({
      status,
      tags: { ...tags },
      logicalIds: new Set(['Vault', 'Database']),
    });

describe('the checks before a deployment', () => {
  test('fail nothing in an account that has everything', async () => {
    const results = await ask();
    expect(failed(results)).toEqual([]);
    expect(new Set(results.map(({ name }) => name))).toEqual(
      new Set(['reserved-names', 'credentials', ...accountChecks.map(({ name }) => name)]),
    );
    // A function that is not there cannot be tried.
    expect(results.filter(({ outcome }) => outcome === 'inconclusive').map(({ name }) => name)).toEqual([
      'edge-function',
    ]);
  });

  test.each<[check: string, fault: string, account: Partial<Account>, detail: RegExp, remedy: RegExp]>([
    ['credentials', 'expired', { caller: unreadableResult }, /AccessDenied/, /aws sso login/],
    [
      'credentials',
      'of another account',
      { caller: () => foundResult({ account: '999999999999', arn: 'arn:x' }) },
      /account 999999999999, and staging belongs to 111122223333/,
      /Sign in to 111122223333/,
    ],
    [
      'bootstrap',
      'missing',
      { parameter: missingResult },
      /us-east-1: the parameter \/cdk/,
      /cdk bootstrap aws:\/\/ACCOUNT\/us-east-1/,
    ],
    [
      'service-linked-roles',
      'missing',
      { resource: missingResult },
      /AWSServiceRoleForECS does not exist/,
      /create-service-linked-role --aws-service-name ecs\.amazonaws\.com/,
    ],
    ['bootstrap', 'old', { parameter: () => foundResult('5') }, /version 5, at least 6/, /cdk bootstrap/],
    [
      'quotas',
      "a new account's concurrency",
      { concurrentExecutions: () => foundResult(10) },
      /150 needed, the account has 10. This blocks/,
      /--quota-code L-B99A9384 --desired-value 1000/,
    ],
    [
      'quotas',
      'addresses',
      { quota: () => foundResult(0) },
      /Elastic IP addresses: 1 needed, the account has 0/,
      /--service-code ec2 --quota-code L-0263D0A3/,
    ],
    [
      'quotas',
      'burst',
      { throttle: () => foundResult({ rate: 10_000, burst: 500 }) },
      /Burst of requests, all APIs: 1000 needed, the account has 500/,
      /Ask AWS Support for 5000/,
    ],
    [
      'certificates',
      'missing',
      { certificate: missingResult },
      /origin.shop.tld does not exist/,
      /request-certificate --region eu-west-1/,
    ],
    [
      'certificates',
      'not validated',
      { certificate: () => foundResult({ status: 'PENDING_VALIDATION', names: ['*.shop.tld'] }) },
      /PENDING_VALIDATION/,
      /record/,
    ],
    [
      'certificates',
      'expired',
      { certificate: () => foundResult({ status: 'EXPIRED', names: [] }) },
      /EXPIRED/,
      /new one/,
    ],
    [
      'certificates',
      'for other names',
      { certificate: () => foundResult({ status: 'ISSUED', names: ['shop.tld', '*.www.shop.tld'] }) },
      /and AWS::CloudFront::Distribution of gatehouse-staging-edge serves www.shop.tld/,
      /for www.shop.tld/,
    ],
    ['hosted-zones', 'missing', { hostedZone: missingResult }, /Z1 does not exist/, /list-hosted-zones/],
    [
      'hosted-zones',
      'private',
      { hostedZone: () => foundResult({ name: 'shop.tld.', isPrivate: true }) },
      /private/,
      /public/,
    ],
    [
      'hosted-zones',
      'of another name',
      { hostedZone: () => foundResult({ name: 'myshop.tld.', isPrivate: false }) },
      /Z1 is myshop.tld, and cannot hold www.shop.tld/,
      /id of the zone/,
    ],
    [
      'secrets',
      'missing',
      { secret: missingResult },
      /gatehouse\/staging\/pim-token does not exist in eu-west-1/,
      /create-secret --region eu-west-1 --name gatehouse\/staging\/pim-token/,
    ],
    [
      'secrets',
      'in the wrong region',
      {
        secret: (region) =>
          region === 'us-east-1' ? foundResult({ isDeleted: false, hasValue: true }) : missingResult(),
      },
      /stripe-key is in us-east-1, and its readers are in eu-west-1/,
      /--region eu-west-1/,
    ],
    [
      'secrets',
      'deleted',
      { secret: () => foundResult({ isDeleted: true, hasValue: true }) },
      /is to be deleted/,
      /restore-secret/,
    ],
    [
      'secrets',
      'empty',
      { secret: () => foundResult({ isDeleted: false, hasValue: false }) },
      /no value/,
      /put-secret-value/,
    ],
    [
      'images',
      'a missing tag',
      { hasImage: (_region, _name, tag) => foundResult(tag !== 'next') },
      /gatehouse-staging-shop:next in eu-west-1 is not in/,
      /step 3/,
    ],
    [
      'kafka-version',
      'withdrawn',
      {
        kafkaVersions: () =>
          foundResult(
            new Map([
              ['3.9.x', 'DEPRECATED'],
              ['4.1.x', 'ACTIVE'],
            ]),
          ),
      },
      /3.9.x is DEPRECATED/,
      /one of 4.1.x/,
    ],
    [
      'kafka-version',
      'unknown',
      { kafkaVersions: () => foundResult(new Map([['4.1.x', 'ACTIVE']])) },
      /3.9.x is not offered/,
      /one of 4.1.x/,
    ],
    [
      'database-version',
      'not offered',
      { databaseVersion: missingResult },
      /aurora-postgresql 17.7 in eu-west-1 is not offered/,
      /describe-db-engine-versions/,
    ],
    [
      'database-version',
      'not global',
      { databaseVersion: () => foundResult({ supportsGlobalDatabases: false }) },
      /cannot be of a global database/,
      /describe-db-engine-versions/,
    ],
    [
      'stacks',
      'of somebody else',
      { stack: own('CREATE_COMPLETE', {}) },
      /is not of this environment/,
      /another account/,
    ],
    ['stacks', 'busy', { stack: own('UPDATE_IN_PROGRESS') }, /UPDATE_IN_PROGRESS/, /Wait/],
    [
      'stacks',
      'stuck',
      { stack: own('UPDATE_ROLLBACK_FAILED') },
      /UPDATE_ROLLBACK_FAILED/,
      /continue-update-rollback/,
    ],
    ['stacks', 'half deleted', { stack: own('DELETE_FAILED') }, /DELETE_FAILED/, /delete-stack/],
    [
      'names',
      'a vault of somebody else',
      {
        resource: (_region, type) =>
          type === 'AWS::Backup::BackupVault' ? foundResult({}) : missingResult(),
      },
      /BackupVault gatehouse-staging in eu-west-1 exists/,
      /cdk import/,
    ],
    [
      'names',
      'brokers of somebody else',
      { kafkaCluster: () => foundResult({}) },
      /MSK::Cluster gatehouse-staging in eu-west-1 exists/,
      /Delete it/,
    ],
    [
      'names',
      'a secret that is to be deleted',
      { secret: (_region, name) => foundResult({ isDeleted: name.endsWith('own'), hasValue: true }) },
      /own in eu-west-1 is to be deleted, and keeps its name/,
      /force-delete-without-recovery/,
    ],
    [
      'edge-function',
      'one that throws',
      {
        edgeFunction: () => foundResult({ code: 'code', error: 'SyntaxError', computeUtilization: 0 }),
        stack: own('CREATE_COMPLETE'),
      },
      /"SyntaxError": every request would be answered with 503/,
      /viewer-request/,
    ],
    [
      'edge-function',
      'one that is slow',
      {
        edgeFunction: () => foundResult({ code: 'code', computeUtilization: 81 }),
        stack: own('CREATE_COMPLETE'),
      },
      /takes 81 percent/,
      /viewer-request/,
    ],
    [
      'templates',
      'one that is refused',
      { templateFault: () => foundResult('Template format error') },
      /gatehouse-staging-edge: Template format error/,
      /Fix|fix/,
    ],
  ])('%s: refuses %s', async (check, _fault, account, detail, remedy) => {
    const found = failed(await ask(account)).filter(({ name }) => name === check);
    expect(found.map((result) => result.detail)).toContainEqual(expect.stringMatching(detail));
    expect(found.map((result) => result.remedy)).toContainEqual(expect.stringMatching(remedy));
  });

  test.each(accountChecks.map(({ name }) => name))(
    '%s: cannot tell where AWS refuses the call',
    async (check) => {
      const results = await runChecks(plan(), {
        ...deniedAccount,
        caller: (region) => deployableAccount.caller(region),
      });
      const ofCheck = results.filter(({ name }) => name === check);
      expect(ofCheck).not.toEqual([]);
      expect(failed(ofCheck)).toEqual([]);
      expect(ofCheck.map(({ detail }) => detail).join()).toContain('AccessDeniedException');
    },
  );

  test('ask the account nothing more without its credentials', async () => {
    const results = await runChecks(plan(), deniedAccount);
    expect(failed(results).map(({ name }) => name)).toEqual(['credentials', 'credentials']);
    expect(results.slice(3).map(({ detail }) => detail)).toEqual(
      accountChecks.map(() => 'not asked without credentials.'),
    );
  });

  test('refuse a certificate of another region by both regions', async () => {
    const wrong = structuredClone(regional) as { template: { Resources: Record<string, object> } };
    wrong.template.Resources['Name'] = resource('AWS::ApiGatewayV2::DomainName', {
      DomainName: 'origin.shop.tld',
      DomainNameConfigurations: [{ CertificateArn: certificate('us-east-1', 'origin.shop.tld') }],
    });
    const results = failed(await ask({}, plan({}, [wrong as unknown as StackTemplate, edge])));
    expect(results).toMatchObject([
      {
        name: 'certificates',
        detail: expect.stringMatching(/is in us-east-1, and .* needs one in eu-west-1/),
      },
    ]);
  });

  test('count a name of a stack of this environment as its own', async () => {
    const taken = (_region: string, type: string) =>
      ['AWS::Backup::BackupVault', 'AWS::RDS::DBCluster', 'AWS::IAM::Role'].includes(type)
        ? foundResult({})
        : missingResult();
    expect(failed(await ask({ stack: own('UPDATE_COMPLETE'), resource: taken }))).toEqual([]);
  });

  test('leave the image of a first deployment open', async () => {
    const results = (await ask({ hasImage: missingResult })).filter(({ name }) => name === 'images');
    expect(results.map(({ outcome }) => outcome)).toEqual(['inconclusive', 'inconclusive']);
    expect(results[0]?.detail).toContain('the first deployment of Data makes the repository');
  });

  test('leave the code of a function open while other code is live', async () => {
    const results = await ask({
      edgeFunction: () => foundResult({ code: 'older', error: 'SyntaxError', computeUtilization: 0 }),
      stack: own('UPDATE_COMPLETE'),
    });
    expect(results.filter(({ name }) => name === 'edge-function')).toMatchObject([
      { outcome: 'inconclusive' },
    ]);
  });

  describe('of a template that a request cannot carry', () => {
    const large: StackTemplate = {
      ...regional,
      template: { Resources: { A: resource('AWS::EC2::EIP', { Text: 'x'.repeat(51_200) }) } },
    };

    test('read its copy in the bucket of the account', async () => {
      const asked: unknown[] = [];
      const templateFault: Account['templateFault'] = (_region, source) => {
        asked.push(source);
        return foundResult(undefined);
      };
      await ask({ templateFault }, plan({}, [large]));
      expect(asked).toEqual([
        { url: `https://cdk-assets-${accountId}-eu-west-1.s3.eu-west-1.amazonaws.com/abc.json` },
      ]);
    });

    test('states its size if no function is deployed yet', async () => {
      const results = await ask({ templateFault: missingResult }, plan({}, [large]));
      expect(results.filter(({ name }) => name === 'templates')).toMatchObject([
        { outcome: 'inconclusive', detail: expect.stringMatching(/51\d{3} bytes, a request takes 51200/) },
      ]);
    });

    test('refuse what CloudFormation takes from no bucket either', async () => {
      const Resources = { A: resource('AWS::EC2::EIP', { Text: 'x'.repeat(1_000_000) }) };
      const results = failed(await ask({}, plan({}, [{ ...large, template: { Resources } }])));
      expect(results).toMatchObject([{ name: 'templates', remedy: 'Split the stack.' }]);
    });
  });
});

describe('names and addresses that belong to nobody', () => {
  test.each([
    'https://login.store.example',
    'https://LOGIN.Example.COM./path?x=1#y',
    'on-call@store.example',
    'a.example.org:9098,b.shop.tld:9098',
    'postgresql://user@db.invalid:5432/shop',
    "default-src 'self' https://cdn.example.net",
    'www.test',
    '192.0.2.7',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '2001:db8::/32',
    'https://[2001:db8::1]:8443/',
    '3fff::1',
    'http://localhost:3000',
    'https://127.0.0.1',
    'api.localhost',
  ])('refuses %s by its entry', async (text) => {
    const results = failed(await ask({}, plan({ externals: { carrier: text } })));
    expect(results).toMatchObject([
      {
        name: 'reserved-names',
        detail: expect.stringContaining(`externals.carrier is "${text}"`),
        remedy: 'Set your own in lib/config/environments/staging.ts.',
      },
    ]);
  });

  test.each([
    'https://shop.tld',
    'https://example.shop.tld/test',
    'https://myexample.com',
    'https://api.contest',
    '/v1/example',
    '203.0.114.0/24',
    '0.0.0.0/0',
    '10.20.0.0/16',
    '2001:db9::/32',
  ])('takes %s', async (text) => {
    expect(failed(await ask({}, plan({ externals: { carrier: text } })))).toEqual([]);
  });

  test('says the same text of several entries once', async () => {
    const externals = { a: 'https://x.example', b: 'https://x.example' };
    const results = failed(await ask({}, plan({ externals })));
    expect(results.map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/^externals.a .* The same in 1 more.$/),
    ]);
  });
});

test.each([
  ['shop.tld', 'shop.tld', true],
  ['Shop.tld', 'shop.TLD', true],
  ['*.shop.tld', 'www.shop.tld', true],
  ['*.shop.tld', 'shop.tld', false],
  ['*.shop.tld', 'a.www.shop.tld', false],
  ['*.shop.tld', '.shop.tld', false],
  ['shop.tld', 'www.shop.tld', false],
])('a certificate for %s covers %s: %s', (covered, name, expected) => {
  expect(covers(covered, name)).toBe(expected);
});
