import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { type EnvironmentInput, type EnvironmentName, loadConfiguration } from '../../lib/config/index.ts';
import { DataStack } from '../../lib/stacks/data-stack.ts';
import { NetworkStack } from '../../lib/stacks/network-stack.ts';
import { ServiceStack } from '../../lib/stacks/service-stack.ts';
import { scratchFolder } from '../support/scratch.ts';
import { newApp, stubBundles } from '../synth.ts';
import { all, only } from './stack.ts';

function synthesise(name: EnvironmentName, overrides: Partial<EnvironmentInput> = {}) {
  const configuration = loadConfiguration(name, overrides);
  const app = newApp(scratchFolder(`base-${name}`));
  const env = { region: configuration.environment.region };
  const network = new NetworkStack(app, 'Network', { env, configuration });
  const data = new DataStack(app, 'Data', { env, configuration, bundles: stubBundles(), network });
  const services = new ServiceStack(app, 'Service', { env, configuration, network, data });
  return { network, data, services };
}

const local = synthesise('local');
const prod = synthesise('prod');

describe('the data stack', () => {
  it('makes a store and brokers where the environment asks for them', () => {
    const template = Template.fromStack(prod.data);
    expect(all(template, 'AWS::ElastiCache::ServerlessCache')).toHaveLength(1);
    expect(all(template, 'AWS::MSK::Cluster')).toHaveLength(1);
    expect(all(template, 'AWS::MSK::Topic')).toHaveLength(8);
    expect(prod.data.store).toMatchObject({ topology: 'cluster', user: 'gatehouse-prod' });
    expect(prod.data.resolve(prod.data.events.url)).toEqual({
      'Fn::Join': ['', ['msk:', { 'Fn::GetAtt': ['Events', 'Arn'] }]],
    });
  });

  it('makes brokers of each kind, with every topic of the catalogue', () => {
    const serverless = Template.fromStack(synthesise('dev', { events: { kind: 'serverless' } }).data);
    expect(all(serverless, 'AWS::MSK::ServerlessCluster')).toHaveLength(1);
    expect(Object.keys(only(serverless, 'Custom::EventTopics')['Properties'].topics)).toHaveLength(8);
    const standard = Template.fromStack(synthesise('dev').data);
    expect(all(standard, 'AWS::MSK::Configuration')).toHaveLength(1);
    expect(all(standard, 'AWS::MSK::Topic')).toHaveLength(8);
  });

  it('makes neither where they are there already', () => {
    const template = Template.fromStack(local.data);
    expect(all(template, 'AWS::ElastiCache::ServerlessCache')).toEqual([]);
    expect(all(template, 'AWS::MSK::Cluster')).toEqual([]);
    expect(local.data.store).toMatchObject({ url: 'redis://127.0.0.1:6379', topology: 'single' });
    expect(local.data.store.user).toBeUndefined();
    expect(local.data.events.url).toBe('file:.gatehouse/events');
  });

  it('gives names of the environment to what others find by name', () => {
    const template = Template.fromStack(prod.data);
    expect(prod.data.originSecretName).toBe('gatehouse/prod/origin-secret');
    expect(prod.data.keyPepperName).toBe('gatehouse/prod/key-pepper');
    const secrets = all(template, 'AWS::SecretsManager::Secret').map((secret) =>
      String(secret['Properties'].Name),
    );
    expect(secrets.toSorted()).toEqual([
      'gatehouse/prod/key-pepper',
      'gatehouse/prod/origin-secret',
      'gatehouse/prod/webhooks/stripe',
    ]);
    expect(only(template, 'AWS::ECR::Repository')['Properties'].RepositoryName).toBe('gatehouse-prod-store');
  });
});

describe('the stacks that keep state', () => {
  it('refuse to be deleted where data is retained, and go where it is not', () => {
    expect([prod.network.terminationProtection, prod.data.terminationProtection]).toEqual([true, true]);
    expect([local.network.terminationProtection, local.data.terminationProtection]).toEqual([false, false]);
  });
});

describe('the service stack', () => {
  const template = Template.fromStack(prod.services);

  it('runs every Fargate service of the catalogue, and no external one', () => {
    const names = ['inventory', 'order', 'payment', 'product', 'recommendation', 'review', 'user'];
    expect(Object.keys(prod.services.services).sort()).toEqual(names);
    expect(all(template, 'AWS::ECS::Service')).toHaveLength(names.length);
  });

  it('sizes each service as the environment says', () => {
    const sizes = all(template, 'AWS::ApplicationAutoScaling::ScalableTarget')
      .map(({ Properties: target }) => `${target.MinCapacity}-${target.MaxCapacity}`)
      .sort();
    expect(sizes).toEqual(['2-20', '2-20', '2-20', '3-20', '3-20', '5-40', '5-50']);
  });

  it("tells a task its role, name, port and event log, and runs the environment's image", () => {
    const containers = all(template, 'AWS::ECS::TaskDefinition').map(
      (definition) => definition['Properties'].ContainerDefinitions[0],
    );
    const order = containers.find(({ Environment: [role] }) => role.Value === 'order');
    const variables: Record<string, unknown> = Object.fromEntries(
      order.Environment.map(({ Name, Value }: { Name: string; Value: unknown }) => [Name, Value]),
    );
    expect(variables).toMatchObject({
      ROLE: 'order',
      SERVICE_NAME: 'order',
      PORT: '8080',
      EVENT_LOG_URL: { 'Fn::Join': ['', ['msk:', {}]] },
    });
    expect(order.Image['Fn::Join'][1].at(-1)).toBe(':prod');
  });

  it('observes its containers closely', () => {
    expect(only(template, 'AWS::ECS::Cluster')['Properties'].ClusterSettings).toEqual([
      { Name: 'containerInsights', Value: 'enhanced' },
    ]);
  });
});
