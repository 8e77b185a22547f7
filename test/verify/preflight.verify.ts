import { ACMClient, RequestCertificateCommand } from '@aws-sdk/client-acm';
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation';
import { CloudFrontClient, CreateFunctionCommand, PublishFunctionCommand } from '@aws-sdk/client-cloudfront';
import { CreateRepositoryCommand, ECRClient, PutImageCommand } from '@aws-sdk/client-ecr';
import { CreateHostedZoneCommand, Route53Client } from '@aws-sdk/client-route-53';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckResult } from '../../lib/ops/check-report.ts';
import { awsAccount } from '../../lib/ops/preflight/aws/aws-account.ts';
import { uniqueNames } from '../../lib/ops/preflight/checks/names.ts';
import { preflightCommand } from '../../lib/ops/preflight/preflight-command.ts';
import { synthesiseIn } from '../../lib/ops/quotas/quotas-command.ts';
import type { StackTemplate } from '../../lib/ops/quotas/region-resources.ts';
import { mustRun } from '../support/command.ts';
import { motoPython, startMoto } from '../support/moto.ts';
import { startEmulatedAccount } from './emulated-account.ts';

const region = 'eu-west-1';
const number = '123456789012';
const credentials = { accessKeyId: 'gatehouse-preflight', secretAccessKey: 'not-a-secret' };
const missing = { kind: 'missing' };
const foundAs = (value: unknown) => ({ kind: 'found', value });

let stacks: readonly StackTemplate[];
beforeAll(async () => {
  stacks = await synthesiseIn(process.cwd(), process.env)({ env: 'prod' });
});

const engines = {
  moto: startMoto,
  MiniStack: async () => {
    const engine = await startEmulatedAccount(region);
    return { endpoint: String(engine.environment['AWS_ENDPOINT_URL']), stop: () => engine.stop() };
  },
};

describe.each(Object.entries(engines))('an account of %s', (engineName, start) => {
  let stop = () => Promise.resolve();
  // Retries are useless, because an emulator does not gain features.
  const noRetries = { credentials, maxAttempts: 1 };
  let access = { endpoint: '', ...noRetries };
  beforeAll(async () => {
    const engine = await start();
    stop = () => engine.stop();
    access = { endpoint: engine.endpoint, ...noRetries };
  });
  afterAll(() => stop());
  const account = () => awsAccount(access);
  const at = (where = region) => ({ ...access, region: where });

  test('has the account id of the caller', async () => {
    expect(await account().caller(region)).toMatchObject(foundAs({ account: number }));
  });

  test('has a parameter in one region and not in another', async () => {
    await new SSMClient(at()).send(
      new PutParameterCommand({ Name: '/cdk-bootstrap/x/version', Value: '30', Type: 'String' }),
    );
    expect(await account().parameter(region, '/cdk-bootstrap/x/version')).toEqual(foundAs('30'));
    expect(await account().parameter('us-east-1', '/cdk-bootstrap/x/version')).toEqual(missing);
  });

  test('has a secret, and a secret that is scheduled for deletion', async () => {
    const client = new SecretsManagerClient(at());
    for (const Name of ['shop/key', 'shop/old']) {
      await client.send(new CreateSecretCommand({ Name, SecretString: 'sk' }));
    }
    await client.send(new DeleteSecretCommand({ SecretId: 'shop/old' }));
    const secret = async (name: string, where = region) => await account().secret(where, name);
    expect(await secret('shop/key')).toEqual(foundAs({ isDeleted: false, hasValue: true }));
    expect(await secret('shop/key', 'us-east-1')).toEqual(missing);
    expect(await secret('shop/old')).toMatchObject(foundAs({ isDeleted: true }));
    expect(await secret('shop/none')).toEqual(missing);
  });

  test('has a certificate with its domain names', async () => {
    const { CertificateArn: arn = '' } = await new ACMClient(at()).send(
      new RequestCertificateCommand({ DomainName: 'shop.tld', SubjectAlternativeNames: ['*.shop.tld'] }),
    );
    const certificate = await account().certificate(region, arn);
    expect(certificate).toMatchObject(foundAs({ names: ['shop.tld', '*.shop.tld'] }));
    const none = `arn:aws:acm:${region}:${number}:certificate/12345678-1234-1234-1234-123456789012`;
    expect(await account().certificate(region, none)).toEqual(missing);
  });

  test('has a hosted zone', async () => {
    const { HostedZone } = await new Route53Client(at()).send(
      new CreateHostedZoneCommand({ Name: 'shop.tld', CallerReference: 'once' }),
    );
    const id = String(HostedZone?.Id).replace('/hostedzone/', '');
    expect(await account().hostedZone(id)).toEqual(foundAs({ name: 'shop.tld.', isPrivate: false }));
    expect(await account().hostedZone('Z0000000000000000000')).toEqual(missing);
  });

  test('has an image with one tag and not with another', async () => {
    const client = new ECRClient(at());
    expect(await account().hasImage(region, 'shop', 'live')).toEqual(missing);
    await client.send(new CreateRepositoryCommand({ repositoryName: 'shop' }));
    expect(await account().hasImage(region, 'shop', 'live')).toEqual(foundAs(false));
    const digest = `sha256:${'a'.repeat(64)}`;
    const imageManifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      config: { mediaType: 'application/vnd.docker.container.image.v1+json', size: 1, digest },
      layers: [],
    });
    await client.send(new PutImageCommand({ repositoryName: 'shop', imageTag: 'live', imageManifest }));
    expect(await account().hasImage(region, 'shop', 'live')).toEqual(foundAs(true));
    expect(await account().hasImage(region, 'shop', 'next')).toEqual(foundAs(false));
  });

  test('has a stack with its tags and resources', async () => {
    expect(await account().stack(region, 'shop')).toEqual(missing);
    await new CloudFormationClient(at()).send(
      new CreateStackCommand({
        StackName: 'shop',
        TemplateBody: JSON.stringify({ Resources: { Queue: { Type: 'AWS::SQS::Queue' } } }),
        Tags: [{ Key: 'application', Value: 'gatehouse' }],
      }),
    );
    await expect
      .poll(async () => await account().stack(region, 'shop'))
      .toEqual(
        foundAs({
          status: 'CREATE_COMPLETE',
          tags: { application: 'gatehouse' },
          logicalIds: new Set(['Queue']),
        }),
      );
  });

  test('validates a template, refuses an invalid one, and does not upload a large one', async () => {
    const body = JSON.stringify({ Resources: { Queue: { Type: 'AWS::SQS::Queue' } } });
    expect(await account().templateFault(region, { body })).toEqual(foundAs(undefined));
    expect(await account().templateFault(region, { body: '{"Resources":' })).toMatchObject(
      foundAs(expect.any(String)),
    );
    const url = `https://cdk-assets.s3.${region}.amazonaws.com/none.json`;
    expect(await account().templateFault(region, { url })).toEqual(missing);
  });

  test('explains in one sentence why it cannot answer', async () => {
    const answers = await Promise.all([
      account().kafkaVersions(region),
      account().quota(region, 'fargate', 'L-3032A538'),
    ]);
    const reasons = answers.flatMap((answer) => (answer.kind === 'unreadable' ? [answer.reason] : []));
    expect(reasons.filter((reason) => /[\n<]/.test(reason))).toEqual([]);
  });

  test.runIf(engineName === 'moto')('has no MSK cluster', async () => {
    expect(await account().kafkaCluster(region, 'gatehouse-prod')).toEqual(missing);
  });

  describe.runIf(engineName === 'MiniStack')('with more services', () => {
    test('has the quotas of Lambda and API Gateway', async () => {
      expect(await account().concurrentExecutions(region)).toEqual(foundAs(expect.any(Number)));
      expect(await account().throttle(region)).toEqual(foundAs({ rate: 10_000, burst: 5_000 }));
    });

    test('has any resource by its primary identifier', async () => {
      expect(await account().resource(region, 'AWS::ECR::Repository', 'none')).toEqual(missing);
    });

    test('offers a version of Aurora', async () => {
      expect(await account().databaseVersion(region, 'aurora-postgresql', '17.7')).toMatchObject({
        kind: 'found',
      });
    });

    test('has a CloudFront function', async () => {
      expect(await account().edgeFunction('viewer')).toEqual(missing);
      const client = new CloudFrontClient(at('us-east-1'));
      const code = 'function handler(event) { return event.request; }';
      const { ETag } = await client.send(
        new CreateFunctionCommand({
          Name: 'viewer',
          FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' },
          FunctionCode: Buffer.from(code),
        }),
      );
      await client.send(new PublishFunctionCommand({ Name: 'viewer', IfMatch: ETag }));
      // Whether the engine runs the function depends on its version.
      expect(await account().edgeFunction('viewer')).not.toEqual(missing);
    });
  });

  test('is compared with prod; each created resource makes a failed check pass', async () => {
    const check = async (): Promise<CheckResult[]> => {
      const { stdout = '' } = await preflightCommand(['prod', '--json'], {
        synthesise: () => Promise.resolve(stacks),
        account: account(),
      });
      return JSON.parse(stdout) as CheckResult[];
    };
    const faultsOf = (results: readonly CheckResult[], name: string) =>
      results.filter((one) => one.name === name && one.outcome === 'fail').map(({ detail }) => detail);

    const Name = 'gatehouse/prod/stripe-key';
    const SecretString = 'sk_test';
    await new SecretsManagerClient(at('us-east-1')).send(new CreateSecretCommand({ Name, SecretString }));
    await new SecretsManagerClient(at()).send(
      new CreateSecretCommand({ Name: 'gatehouse/prod/origin-secret', SecretString }),
    );
    const before = await check();
    expect(faultsOf(before, 'reserved-names').join()).toContain(
      'identity.issuer is "https://login.store.example"',
    );
    expect(faultsOf(before, 'credentials')).toEqual([]);
    expect(faultsOf(before, 'bootstrap')).toHaveLength(2);
    expect(faultsOf(before, 'secrets')).toEqual([
      `${Name} is in us-east-1, and its readers are in eu-west-1.`,
    ]);
    expect(faultsOf(before, 'names')).toEqual([
      expect.stringContaining('gatehouse/prod/origin-secret in eu-west-1 exists'),
    ]);

    const parameter = { Name: '/cdk-bootstrap/hnb659fds/version', Value: '30', Type: 'String' } as const;
    for (const where of [region, 'us-east-1']) {
      await new SSMClient(at(where)).send(new PutParameterCommand(parameter));
    }
    await new SecretsManagerClient(at()).send(new CreateSecretCommand({ Name, SecretString }));
    await new SecretsManagerClient(at()).send(
      new DeleteSecretCommand({
        SecretId: 'gatehouse/prod/origin-secret',
        ForceDeleteWithoutRecovery: true,
      }),
    );
    const after = await check();
    for (const name of ['bootstrap', 'secrets', 'names']) expect(faultsOf(after, name)).toEqual([]);
  });
});

test("resources are looked up by the primary identifiers of CloudFormation's schemas", async () => {
  const types = Object.entries(uniqueNames).filter(([, { lookUp }]) => lookUp === undefined);
  const program = [
    'import json, sys',
    'from cfnlint.schema import PROVIDER_SCHEMA_MANAGER as schemas',
    'types = json.loads(sys.argv[1])',
    'read = lambda t: schemas.get_resource_schema("us-east-1", t).schema',
    'print(json.dumps({t: [read(t)["primaryIdentifier"], "read" in read(t)["handlers"]] for t in types}))',
  ].join('\n');
  const output = await mustRun(motoPython(), ['-c', program, JSON.stringify(types.map(([type]) => type))], {
    env: { PATH: process.env['PATH'] },
  });
  expect(JSON.parse(output)).toEqual(
    Object.fromEntries(types.map(([type, { property }]) => [type, [[`/properties/${property}`], true]])),
  );
});
