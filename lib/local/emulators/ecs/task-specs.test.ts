import { expect, test } from 'vitest';
import type { Deployment, Resource } from '../../engine/assembly.ts';
import { readTaskSpecs } from './task-specs.ts';

type Properties = Readonly<Record<string, unknown>>;

const definition = (container: Properties = {}): Properties => ({
  Family: 'x',
  ContainerDefinitions: [
    {
      Name: 'service',
      Image: 'registry/store:1',
      Environment: [
        { Name: 'ROLE', Value: 'product' },
        { Name: 'SERVICE_NAME', Value: 'product' },
      ],
      PortMappings: [{ ContainerPort: 8080, Protocol: 'tcp' }],
      ...container,
    },
  ],
});
const service = (more: Properties = {}): Properties => ({
  TaskDefinition: 'Service.Definition',
  LoadBalancers: [{ ContainerName: 'service', ContainerPort: 8080, TargetGroupArn: 'Service.Targets' }],
  ...more,
});

function deploymentOf(
  resources: Record<string, readonly [type: string, properties: Properties]>,
): Deployment {
  const all = Object.entries(resources).map(([logicalId, [type, properties]]): Resource => {
    return { id: `Service.${logicalId}`, logicalId, stack: 'Service', type, properties };
  });
  return {
    resources: all,
    ofType: (type) => all.filter((resource) => resource.type === type),
    byReference: (reference) => all.find(({ id }) => id === reference),
  };
}

const specsOf = (serviceProperties: Properties, definitionProperties = definition(), more = {}) =>
  readTaskSpecs(
    deploymentOf({
      Definition: ['AWS::ECS::TaskDefinition', definitionProperties],
      Product: ['AWS::ECS::Service', serviceProperties],
      ...more,
    }),
    (name) => {
      if (name !== 'gatehouse/local/orders') throw new Error(`The templates have no secret ${name}.`);
      return 'a secret';
    },
  );

test('a service runs its container with the environment and target groups of the template', () => {
  expect(specsOf(service())).toEqual([
    {
      name: 'product',
      environment: { ROLE: 'product', SERVICE_NAME: 'product' },
      targetGroups: ['Service.Targets'],
      count: 1,
    },
  ]);
});

test('runs the desired number of tasks, otherwise the minimum of the scaling target', () => {
  const scaling = {
    Scaling: [
      'AWS::ApplicationAutoScaling::ScalableTarget',
      { ResourceId: 'service/Service.Cluster/Service.Product', MinCapacity: 3, MaxCapacity: 9 },
    ],
  };
  expect(specsOf(service(), definition(), scaling)[0]?.count).toBe(3);
  expect(specsOf(service({ DesiredCount: 2 }), definition(), scaling)[0]?.count).toBe(2);
});

const secretOf = (name: string) => ({
  Name: 'DATABASE_URL',
  ValueFrom: `arn:aws:secretsmanager:eu-west-1:000000000000:secret:${name}`,
});

test('a secret of the templates becomes a variable', () => {
  const [spec] = specsOf(service(), definition({ Secrets: [secretOf('gatehouse/local/orders')] }));
  expect(spec?.environment).toMatchObject({ DATABASE_URL: 'a secret' });
});

test('runs the container with the load balancer port and lists the others', () => {
  const [main] = definition()['ContainerDefinitions'] as Properties[];
  const collector = { Name: 'collector', Image: 'otel:v1', Essential: false, Cpu: 32, Memory: 128 };
  const [spec] = specsOf(service(), { Family: 'x', ContainerDefinitions: [collector, main] });
  expect(spec?.name).toBe('product');
  expect(spec?.sideCars).toEqual(['collector']);
});

test.each([
  [
    service(),
    definition({ Secrets: [secretOf('gatehouse/local/nothing')] }),
    'Service.Definition AWS::ECS::TaskDefinition.ContainerDefinitions.Secrets.DATABASE_URL: Error: The templates have no secret gatehouse/local/nothing.',
  ],
  [
    service(),
    definition({ EntryPoint: ['x'] }),
    'Service.Definition AWS::ECS::TaskDefinition.ContainerDefinitions[0].EntryPoint: is not emulated.',
  ],
  [
    service({ VolumeConfigurations: [] }),
    definition(),
    'Service.Product AWS::ECS::Service.VolumeConfigurations: is not emulated.',
  ],
])('refuses %j %j and names the property', (serviceProperties, definitionProperties, message) => {
  expect(() => specsOf(serviceProperties, definitionProperties)).toThrow(message);
});
