import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { loadBalancedServices } from '../../lib/compile/load-balanced-services.ts';
import {
  canaryName,
  type EnvironmentInput,
  type EnvironmentName,
  loadCatalogue,
  loadConfiguration,
  serviceTaskRange,
} from '../../lib/config/index.ts';
import { setAlarmDefaults } from '../../lib/features/observability/alarm-text.ts';
import { AlertsStack } from '../../lib/stacks/alerts-stack.ts';
import { ClusterStack } from '../../lib/stacks/cluster-stack.ts';
import { DataStack } from '../../lib/stacks/data-stack.ts';
import { NetworkStack } from '../../lib/stacks/network-stack.ts';
import { ServiceStack } from '../../lib/stacks/service-stack.ts';
import { scratchFolder } from '../support/scratch.ts';
import { newApp, stubBundles } from '../support/synth.ts';
import { all, only } from '../support/test-stack.ts';

function synthesise(name: EnvironmentName, overrides: Partial<EnvironmentInput> = {}) {
  const configuration = loadConfiguration(name, overrides);
  const app = newApp(scratchFolder(`base-${name}`));
  const { region, alarms } = configuration.environment;
  setAlarmDefaults(app, { environment: name, runbookBaseUrl: alarms.runbookBaseUrl, furtherRegions: [] });
  const env = { region };
  const network = new NetworkStack(app, 'Network', { env, configuration });
  const data = new DataStack(app, 'Data', { env, configuration, bundles: stubBundles(), network });
  const alerts = new AlertsStack(app, 'Alerts', { env, configuration, data });
  const services = new ClusterStack(app, 'Cluster', { env, configuration, network, data });
  const backends = loadBalancedServices(configuration.catalogue).map(
    ([serviceName, service]) =>
      new ServiceStack(app, `Service-${serviceName}`, {
        env,
        configuration,
        network,
        data,
        alerts,
        cluster: services,
        serviceName,
        service,
      }),
  );
  return { network, data, services, backends };
}

const local = synthesise('local');
const prod = synthesise('prod');

describe('the data stack', () => {
  test('has a limit store and brokers if the environment creates them', () => {
    const template = Template.fromStack(prod.data);
    expect(all(template, 'AWS::ElastiCache::ServerlessCache')).toHaveLength(1);
    expect(all(template, 'AWS::MSK::Cluster')).toHaveLength(1);
    expect(all(template, 'AWS::MSK::Topic')).toHaveLength(8);
    expect(prod.data.limitStore.loginAs('auth').environment).toMatchObject({
      LIMIT_STORE_TOPOLOGY: 'cluster',
      LIMIT_STORE_USER: 'gatehouse-prod-auth',
    });
    expect(prod.data.resolve(prod.data.events.url)).toEqual({
      'Fn::Join': ['', ['msk:', { 'Fn::GetAtt': ['Events', 'Arn'] }]],
    });
  });

  test('has brokers of each kind, with every topic of the catalogue', () => {
    const serverless = Template.fromStack(synthesise('dev', { events: { kind: 'serverless' } }).data);
    expect(all(serverless, 'AWS::MSK::ServerlessCluster')).toHaveLength(1);
    expect(Object.keys(only(serverless, 'Custom::EventTopics')['Properties'].topics)).toHaveLength(8);
    const standard = Template.fromStack(synthesise('dev').data);
    expect(all(standard, 'AWS::MSK::Configuration')).toHaveLength(1);
    expect(all(standard, 'AWS::MSK::Topic')).toHaveLength(8);
  });

  test('has neither if the environment names existing ones', () => {
    const template = Template.fromStack(local.data);
    expect(all(template, 'AWS::ElastiCache::ServerlessCache')).toEqual([]);
    expect(all(template, 'AWS::MSK::Cluster')).toEqual([]);
    expect(local.data.limitStore.loginAs('auth').environment).toEqual({
      LIMIT_STORE_URL: 'redis://127.0.0.1:6379',
      LIMIT_STORE_TOPOLOGY: 'single',
    });
    expect(local.data.events.url).toBe('file:.gatehouse/events');
  });

  test("has the environment's name in secrets and repositories that are found by name", () => {
    const template = Template.fromStack(prod.data);
    expect(prod.data.secrets.origin.name).toBe('gatehouse/prod/origin-secret');
    expect(prod.data.secrets.keyPepper.name).toBe('gatehouse/prod/key-pepper');
    const secrets = all(template, 'AWS::SecretsManager::Secret').map((secret) =>
      String(secret['Properties'].Name),
    );
    expect(secrets.toSorted()).toEqual([
      'gatehouse/prod/key-pepper',
      'gatehouse/prod/origin-secret',
      'gatehouse/prod/partner-proof',
      'gatehouse/prod/webhooks/stripe',
    ]);
    expect(only(template, 'AWS::ECR::Repository')['Properties'].RepositoryName).toBe('gatehouse-prod-shop');
  });
});

describe('the stateful stacks', () => {
  test('have termination protection if the environment retains data, and none otherwise', () => {
    expect([prod.network.terminationProtection, prod.data.terminationProtection]).toEqual([true, true]);
    expect([local.network.terminationProtection, local.data.terminationProtection]).toEqual([false, false]);
  });
});

describe("the services' stacks", () => {
  const fargateServices = Object.entries(loadCatalogue().services).flatMap(([name, service]) =>
    service.kind === 'fargate' ? [[name, service] as const] : [],
  );
  const canaries = fargateServices.filter(([, { canary }]) => canary !== undefined);
  const templates = prod.backends.map((stack) => Template.fromStack(stack));
  const inAll = (type: string) => templates.flatMap((template) => all(template, type));

  test('run every Fargate service of the catalogue and its canary, and no external service', () => {
    const names = fargateServices.map(([name]) => name);
    expect(names).toContain('order');
    expect(prod.backends.flatMap(({ monitored }) => Object.keys(monitored)).sort()).toEqual(
      [...names, ...canaries.map(([name]) => canaryName(name))].sort(),
    );
    expect(prod.backends.map(({ node }) => node.id).sort()).toEqual(
      names.map((name) => `Service-${name}`).sort(),
    );
    expect(inAll('AWS::ECS::Service')).toHaveLength(names.length + canaries.length);
  });

  test("scale each service within the environment's capacity", () => {
    const sizes = inAll('AWS::ApplicationAutoScaling::ScalableTarget')
      .map(({ Properties: target }) => `${target.MinCapacity}-${target.MaxCapacity}`)
      .sort();
    const { environment } = loadConfiguration('prod');
    const expected = [
      ...fargateServices.map(([name]) => serviceTaskRange(environment, name)),
      ...canaries.flatMap(([, { canary }]) => (canary === undefined ? [] : [canary.tasks])),
    ].map(({ min, max }) => `${min}-${max}`);
    expect(sizes).toEqual(expected.sort());
    expect(sizes).toEqual(expect.arrayContaining(['1-2', '2-20', '5-50']));
  });

  test("pass role, name, port and event log to a task, and run the environment's image", () => {
    const containers = inAll('AWS::ECS::TaskDefinition').map(
      (definition) => definition['Properties'].ContainerDefinitions[0],
    );
    const of = (name: string) =>
      containers.find(({ Environment: [, serviceName] }) => serviceName.Value === name);
    const { EVENT_LOG_URL, ...rest } = Object.fromEntries(
      of('order').Environment.map(({ Name, Value }: { Name: string; Value: unknown }) => [Name, Value]),
    );
    expect(rest).toMatchObject({
      ROLE: 'order',
      SERVICE_NAME: 'order',
      PORT: '8080',
      INVENTORY_URL: 'http://inventory:8080',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
    });
    expect(EVENT_LOG_URL).toMatchObject({ 'Fn::Join': ['', ['msk:', {}]] });
    expect(of('order').Image['Fn::Join'][1].at(-1)).toBe(
      `:${loadConfiguration('prod').environment.services.imageTag}`,
    );
    expect(of('order-canary').Environment[0]).toEqual({ Name: 'ROLE', Value: 'order' });
  });

  test('share the cluster and the load balancer of one stack', () => {
    expect(inAll('AWS::ECS::Cluster')).toEqual([]);
    expect(inAll('AWS::ElasticLoadBalancingV2::LoadBalancer')).toEqual([]);
    const shared = Template.fromStack(prod.services);
    expect(only(shared, 'AWS::ECS::Cluster')['Properties'].ClusterSettings).toEqual([
      { Name: 'containerInsights', Value: 'enhanced' },
    ]);
    expect(all(shared, 'AWS::ECS::Service')).toEqual([]);
  });
});
