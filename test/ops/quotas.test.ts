import { describe, expect, test } from 'vitest';
import { evaluateQuotas } from '../../lib/ops/quotas/evaluate-quotas.ts';
import { quotasCommand, synthesiseIn } from '../../lib/ops/quotas/quotas-command.ts';
import { byRegion, readAssembly, type StackTemplate } from '../../lib/ops/quotas/region-resources.ts';
import { resourcesOf, synthesised } from '../support/synth.ts';

const template = (name: string, region: string, Resources: StackTemplate['template']['Resources'] = {}) => ({
  name,
  region,
  template: { Resources },
});

const judged = (...stacks: readonly StackTemplate[]) =>
  Object.fromEntries(evaluateQuotas(byRegion(stacks)).map((one) => [`${one.region} ${one.quota}`, one]));

/** A service of `max` tasks with a processor each, whose logical ids are those of every other service. */
const service = (name: string, max: number, spot = 0) =>
  template(name, 'eu-west-1', {
    Task: { Type: 'AWS::ECS::TaskDefinition', Properties: { Cpu: '1024' } },
    Service: {
      Type: 'AWS::ECS::Service',
      Properties: {
        TaskDefinition: { Ref: 'Task' },
        CapacityProviderStrategy: [
          { CapacityProvider: 'FARGATE', Weight: 100 - spot },
          { CapacityProvider: 'FARGATE_SPOT', Weight: spot },
        ],
        NetworkConfiguration: { AwsvpcConfiguration: { Subnets: subnetNames.map(output) } },
      },
    },
    Scaling: {
      Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
      Properties: { MaxCapacity: max, ResourceId: { 'Fn::GetAtt': ['Service', 'Name'] } },
    },
  });

const subnetNames = ['PrivateSubnet1', 'PrivateSubnet2'];
const output = (name: string) => ({
  'Fn::GetStackOutput': { OutputName: `PublishOutputRef${name}12345678` },
});
const network = template(
  'network',
  'eu-west-1',
  Object.fromEntries(
    subnetNames.map((name) => [
      name,
      {
        Type: 'AWS::EC2::Subnet',
        Properties: {
          CidrBlock: '10.0.0.0/27',
          Tags: [{ Key: 'aws-cdk:subnet-name', Value: 'private' }],
        },
      },
    ]),
  ),
);

const lambda = (reserved?: number) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    ReservedConcurrentExecutions: reserved,
    VpcConfig: { SubnetIds: subnetNames.map(output), SecurityGroupIds: [output('Functions')] },
  },
});

describe('what templates need of quotas', () => {
  test('is counted by region', () => {
    const bothRegions = judged(
      template('one', 'eu-west-1', { A: lambda(1_000) }),
      template('two', 'us-east-1', { A: lambda(10) }),
    );
    expect(bothRegions['eu-west-1 Concurrent executions']).toMatchObject({
      need: 1_100,
      default: 1_000,
      state: 'short',
      effect: 'blocks the deployment',
      requestValue: 1_400,
      code: 'L-B99A9384',
    });
    expect(bothRegions['us-east-1 Concurrent executions']).toMatchObject({ need: 110, state: 'enough' });
    expect(bothRegions['us-east-1 Concurrent executions']).not.toHaveProperty('requestValue');
  });

  test('is near from four fifths on', () => {
    const state = (reserved: number) =>
      judged(template('one', 'eu-west-1', { A: lambda(reserved) }))['eu-west-1 Concurrent executions']?.state;
    expect([state(700), state(701), state(900), state(901)]).toEqual(['enough', 'near', 'near', 'short']);
  });

  test('has the tasks of each service at their most, and twice those of the largest while it is deployed', () => {
    const two = judged(network, service('a', 4), service('b', 10, 50));
    expect(two['eu-west-1 On-Demand vCPU']?.need).toBe(4 + 5 + 5);
    expect(two['eu-west-1 Spot vCPU']?.need).toBe(5 + 5);
    expect(two['eu-west-1 Targets per load balancer']?.need).toBe(4 + 10 + 10);
  });

  test('blocks the deployment only by what the creation of the stacks needs', () => {
    const effect = (first: number, most: number) => {
      const one = service('a', most);
      Object.assign(one.template.Resources?.['Scaling']?.Properties ?? {}, { MinCapacity: first });
      return judged(network, one)['eu-west-1 On-Demand vCPU']?.effect;
    };
    expect([effect(1, 3), effect(6, 20), effect(7, 20)]).toEqual([
      undefined,
      'limits traffic',
      'blocks the deployment',
    ]);
    const stage = (ThrottlingRateLimit: number) => ({
      Type: 'AWS::ApiGatewayV2::Stage',
      Properties: { DefaultRouteSettings: { ThrottlingRateLimit } },
    });
    const throttled = judged(template('api', 'eu-west-1', { A: stage(9_000), B: stage(9_000) }));
    expect(throttled['eu-west-1 Requests per second, all APIs']).toMatchObject({ effect: 'limits traffic' });
  });

  test('has the addresses of the fullest subnet, in which functions share an interface', () => {
    const { 'eu-west-1 Addresses of a subnet, private': addresses, ...others } = judged(
      network,
      service('a', 8),
      service('b', 30),
      template('functions', 'eu-west-1', { A: lambda(), B: lambda() }),
    );
    // Half of 8, of 30 and of the 30 that stand beside them, and one interface; 32 addresses less AWS's five.
    expect(addresses).toMatchObject({ need: 4 + 15 + 15 + 1, default: 27, state: 'short' });
    expect(addresses?.instead).toContain('network.cidr');
    expect(others['eu-west-1 Elastic network interfaces per VPC']?.need).toBe(2);
  });
});

describe('the templates of prod', () => {
  const quotas = evaluateQuotas(byRegion(readAssembly(synthesised('prod').folder)));
  const need = (region: string, name: string) =>
    quotas.find((one) => one.region === region && one.quota === name)?.need;

  test('are counted as they are', () => {
    const inAll = (type: string) => resourcesOf('prod').filter(({ resource }) => resource['Type'] === type);
    expect(need('eu-west-1', 'Routes per HTTP API')).toBe(inAll('AWS::ApiGatewayV2::Route').length);
    expect(need('eu-west-1', 'Usage plans')).toBe(inAll('AWS::ApiGateway::UsagePlan').length);
    expect(need('eu-west-1', 'Interface endpoints per VPC')).toBeGreaterThan(5);
    expect(need('eu-west-1', 'Addresses of a subnet, isolated')).toBeGreaterThanOrEqual(3);
  });

  test('have firewalls whose capacity the synth has accepted', () => {
    for (const region of ['eu-west-1', 'us-east-1']) {
      expect(need(region, 'Capacity units per web ACL')).toBeGreaterThan(1_000);
      expect(need(region, 'Capacity units per web ACL')).toBeLessThanOrEqual(1_500);
    }
  });

  test('come with those that are short first, and a remedy for each', () => {
    const states = quotas.map(({ state }) => state);
    expect(states).toEqual(states.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)));
    const short = quotas.filter(({ state }) => state !== 'enough');
    expect(short.length).toBeGreaterThan(0);
    expect(
      short.filter(({ requestValue, instead }) => requestValue === undefined && instead === undefined),
    ).toEqual([]);
    expect(quotas.filter(({ source }) => !source.startsWith('https://docs.aws.amazon.com/'))).toEqual([]);
  });
});

const order = ['short', 'near', 'enough'];

describe('npm run quotas', () => {
  test('prints a table, or JSON', async () => {
    const synthesise = async () => [template('one', 'eu-west-1', { A: lambda(1_000) })];
    const text = await quotasCommand(['prod'], synthesise);
    expect(text.stdout?.split('\n')[1]).toMatch(
      /^short +eu-west-1 +Lambda +Concurrent executions +1100 +1000 +blocks the deployment +ask for 1400 \(L-B99A9384\)$/,
    );
    const json = await quotasCommand(['prod', '--json'], synthesise);
    expect(JSON.parse(json.stdout ?? '')).toEqual(evaluateQuotas(byRegion(await synthesise())));
  });

  test('hands environment and size to the synth', async () => {
    const given: unknown[] = [];
    await quotasCommand(['staging', '--capacity', '1m'], async (context) => {
      given.push(context);
      return [];
    });
    expect(given).toEqual([{ env: 'staging', overrides: { capacity: '1m' } }]);
  });

  test('refuses a command line without one environment, or with what it does not know', async () => {
    for (const args of [[], ['dev', 'prod'], ['dev', '--size', '1m']]) {
      const { exitCode, stderr } = await quotasCommand(args, () => Promise.reject(new Error('not asked')));
      expect(exitCode).toBe(2);
      expect(stderr).toContain('Usage: npm run quotas');
    }
  });

  test('says what the synth has said against it', async () => {
    const outcome = await quotasCommand(['nowhere'], synthesiseIn(process.cwd(), process.env));
    expect(outcome).toMatchObject({ exitCode: 1 });
    expect(outcome.stderr).toContain('"nowhere" does not exist');
  });
});
