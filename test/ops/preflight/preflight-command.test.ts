import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../../lib/config/index.ts';
import { uniqueNames } from '../../../lib/ops/preflight/checks/names.ts';
import { preflightCommand } from '../../../lib/ops/preflight/preflight-command.ts';
import { readAssembly } from '../../../lib/ops/quotas/region-resources.ts';
import { deployableAccount, missingResult } from '../../support/deployable-account.ts';
import { environmentNames, resourcesOf, synthesised } from '../../support/synth.ts';

const deployed = environmentNames.filter((name) => name !== 'local');

/** Configurations as they are once somebody has put in hosts and addresses of their own. */
const withoutPlaceholders: typeof loadConfiguration = (...given) =>
  JSON.parse(
    JSON.stringify(loadConfiguration(...given))
      .replaceAll('.example', '.tld')
      .replaceAll('203.0.113.', '203.0.114.'),
  ) as ReturnType<typeof loadConfiguration>;

const run = async (args: readonly string[], ports: Partial<Parameters<typeof preflightCommand>[1]> = {}) =>
  await preflightCommand(args, {
    synthesise: ({ env }) => Promise.resolve(readAssembly(synthesised(env as 'dev').folder)),
    account: deployableAccount,
    configure: withoutPlaceholders,
    ...ports,
  });

describe('npm run preflight', () => {
  test.each(deployed)('passes %s in an account that has everything', async (name) => {
    const { exitCode, stdout = '' } = await run([name]);
    expect(stdout).toContain(' 0 failed');
    expect(exitCode).toBe(0);
  });

  test.each(deployed)('refuses %s by name while it holds hosts that belong to nobody', async (name) => {
    const { exitCode, stdout = '' } = await run([name], { configure: loadConfiguration });
    expect(exitCode).toBe(1);
    expect(stdout).toContain('identity.issuer');
    expect(stdout).toContain(`lib/config/environments/${name}.ts`);
  });

  test('keeps to 80 columns', async () => {
    const { stdout = '' } = await run(['prod'], {
      account: {
        ...deployableAccount,
        secret: missingResult,
        parameter: missingResult,
        concurrentExecutions: missingResult,
      },
      configure: loadConfiguration,
    });
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('finds the secrets that a template reads and does not make', async () => {
    const { exitCode, stdout = '' } = await run(['prod', '--json'], {
      account: { ...deployableAccount, secret: missingResult },
    });
    expect(exitCode).toBe(1);
    const results = JSON.parse(stdout) as { name: string; outcome: string; detail: string }[];
    expect(results.filter(({ name }) => name === 'secrets')).toMatchObject([
      { outcome: 'fail', detail: expect.stringContaining('gatehouse/prod/stripe-key does not exist') },
    ]);
  });

  test('asks for the image tag of one deployment', async () => {
    const tags: string[] = [];
    await run(['dev', '--image-tag', '2026-12-01.1'], {
      account: {
        ...deployableAccount,
        hasImage: (region, repository, tag) => {
          tags.push(tag);
          return deployableAccount.hasImage(region, repository, tag);
        },
      },
    });
    expect(tags).toEqual(['2026-12-01.1']);
  });

  test.each([
    [[], 'Name one environment.'],
    [['dev', 'prod'], 'Name one environment.'],
    [['nowhere'], '"nowhere" does not exist'],
    [['local'], 'deployed nowhere'],
    [['dev', '--colour'], '--colour'],
  ])('refuses the command line %j', async (args, said) => {
    const { exitCode, stderr } = await run(args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(said);
  });

  test('shows its usage in 80 columns', async () => {
    const { exitCode, stdout = '' } = await run(['--help']);
    expect(exitCode).toBe(0);
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  test('passes on what a synth has said', async () => {
    const synthesise = () => Promise.reject(new Error('The configuration has 1 fault'));
    expect(await run(['dev'], { synthesise })).toEqual({
      exitCode: 1,
      stderr: 'The configuration has 1 fault',
    });
  });
});

/** Fixed names that other things may have as well, or that only their parent's resources share. */
const shared = new Set([
  'AWS::ApiGateway::ApiKey',
  'AWS::ApiGateway::Authorizer',
  'AWS::ApiGateway::RequestValidator',
  'AWS::ApiGateway::RestApi',
  'AWS::ApiGateway::Stage',
  'AWS::ApiGateway::UsagePlan',
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Authorizer',
  'AWS::ApiGatewayV2::Stage',
  'AWS::ApiGatewayV2::VpcLink',
  'AWS::AppConfig::Application',
  'AWS::AppConfig::ConfigurationProfile',
  'AWS::AppConfig::DeploymentStrategy',
  'AWS::AppConfig::Environment',
  'AWS::ApplicationAutoScaling::ScalingPolicy',
  'AWS::EC2::VPCEndpoint',
  'AWS::IAM::Policy',
  'AWS::Lambda::Alias',
  'AWS::Logs::Delivery',
  'AWS::Logs::QueryDefinition',
  'AWS::MSK::Topic',
  // Unique, and looked up by ids that AWS makes.
  'AWS::AppConfig::Extension',
  'AWS::CloudWatch::InsightRule',
  'AWS::MSK::Configuration',
  'AWS::ServiceDiscovery::HttpNamespace',
]);

test.each(deployed)('every fixed name of %s is looked up, or may be there twice', (name) => {
  const open = resourcesOf(name)
    .filter(({ resource }) => !(resource['Type'] in uniqueNames) && !shared.has(resource['Type']))
    .flatMap(({ resource }) =>
      Object.entries((resource['Properties'] ?? {}) as Record<string, unknown>)
        .filter(([key, value]) => /^(\w*Name|\w*Identifier)$/.test(key) && typeof value === 'string')
        .map(([key]) => `${resource['Type']}.${key}`),
    );
  expect([...new Set(open)]).toEqual([]);
});
