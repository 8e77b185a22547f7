import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { CfnResource, type Environment } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { propertiesThatReplace } from '../../lib/features/common/replacement-digest.ts';
import { GatewayStack } from '../../lib/stacks/gateway-stack.ts';
import { scratchFolder } from '../support/scratch.ts';
import {
  environmentNames,
  newApp,
  type Resource,
  stageOf,
  synthesised,
  type Template,
} from '../support/synth.ts';

const scratch = scratchFolder('references');

/** `STACK.OUTPUT` for every output that a template reads from another stack. */
function readsOf(template: unknown): string[] {
  const reads = new Set<string>();
  JSON.stringify(template, (key, value: { StackName: string; OutputName: string }) => {
    if (key === 'Fn::GetStackOutput') reads.add(`${value.StackName}.${value.OutputName}`);
    return value;
  });
  return [...reads].sort();
}

describe.each(environmentNames)('the stacks of %s', (name) => {
  test('read only outputs whose names change when the resource is replaced', () => {
    const reads = Object.values(synthesised(name).templates).flatMap(readsOf);
    expect(reads.length).toBeGreaterThan(20);
    expect(reads.filter((read) => !/V[0-9a-f]{8}$/.test(read))).toEqual([]);
  });
});

test('read only resource types whose replacing properties are in the table', () => {
  const { templates } = synthesised('prod');
  const types = Object.values(templates).flatMap((template) =>
    Object.entries((template['Outputs'] ?? {}) as Record<string, Resource>)
      .filter(([output]) => /V[0-9a-f]{8}$/.test(output))
      .map(
        ([, { Value: value }]) => template.Resources[value.Ref ?? value['Fn::GetAtt'][0]]?.['Type'] as string,
      ),
  );
  expect(types.length).toBeGreaterThan(50);
  expect([...new Set(types)].filter((type) => propertiesThatReplace[type] === undefined)).toEqual([]);
});

describe('a replaced resource', () => {
  const templatesOf = (folder: string, change: (stage: ReturnType<typeof stageOf>) => void) => {
    const stage = stageOf(newApp(join(scratch, folder)), 'prod');
    change(stage);
    return new Map(stage.synth().stacks.map((stack) => [stack.id, stack.template as Template]));
  };
  const before = synthesised('prod').templates;

  // The VPC contains other resources. The queue contains none.
  test.each([
    ['the VPC', 'AWS::EC2::VPC', 'CidrBlock', '10.99.0.0/16'],
    ['a queue', 'AWS::SQS::Queue', 'QueueName', 'another'],
  ])(
    '%s changes the template of every stack that reads it',
    { timeout: 60_000 },
    (_, type, property, value) => {
      const changed = new Set<string>();
      const after = templatesOf(type.replaceAll(':', '-'), (stage) => {
        for (const construct of stage.node.findAll()) {
          if (!CfnResource.isCfnResource(construct) || construct.cfnResourceType !== type) continue;
          construct.addPropertyOverride(property, value);
          changed.add(`${construct.stack.stackName}.${construct.logicalId}`);
        }
      });
      expect(changed.size).toBeGreaterThan(0);
      const readers = resourcesReading(before, type);
      expect(readers.length).toBeGreaterThan(0);
      const unchanged = readers.filter((id) => {
        const template = [...after].find(([stackId]) => stackId.endsWith(id))?.[1];
        return (
          JSON.stringify(readsOf(template)) === JSON.stringify(readsOf(before[id as keyof typeof before]))
        );
      });
      expect(unchanged).toEqual([]);
    },
  );

  /** Stacks that read an output that refers to a resource of the type. */
  function resourcesReading(templates: Readonly<Record<string, Template>>, type: string): string[] {
    const outputs = Object.values(templates).flatMap((template) =>
      Object.entries((template['Outputs'] ?? {}) as Record<string, Resource>)
        .filter(
          ([, { Value: value }]) =>
            template.Resources[value.Ref ?? value['Fn::GetAtt']?.[0]]?.['Type'] === type,
        )
        .map(([output]) => output),
    );
    return Object.entries(templates)
      .filter(([, template]) => readsOf(template).some((read) => outputs.includes(read.split('.')[1] ?? '')))
      .map(([id]) => id);
  }
});

describe('the digest', () => {
  const env: Environment = { region: 'eu-west-1', account: '123456789012' };
  const outputName = (change: (producer: GatewayStack) => CfnResource) => {
    const app = newApp(mkdtempSync(join(scratch, 'small-')));
    const producer = new GatewayStack(app, 'Producer', { env });
    const consumer = new GatewayStack(app, 'Consumer', { env });
    new CfnResource(consumer, 'Reader', { type: 'Custom::Reader', properties: { Of: change(producer).ref } });
    const [read] = readsOf(app.synth().getStackByName('Consumer').template);
    return read;
  };
  const variable = (name: string) => `\${${name}}`;
  const queue = (properties: Record<string, unknown>) => (stack: GatewayStack) =>
    new CfnResource(stack, 'Queue', { type: 'AWS::SQS::Queue', properties });

  test('does not change with a property that replaces nothing', () => {
    expect(outputName(queue({ QueueName: 'a', VisibilityTimeout: 1 }))).toBe(
      outputName(queue({ QueueName: 'a', VisibilityTimeout: 2 })),
    );
    expect(outputName(queue({ QueueName: 'a' }))).not.toBe(outputName(queue({ QueueName: 'b' })));
  });

  test('changes with every property of an unknown type', () => {
    const unknown = (size: number) => (stack: GatewayStack) =>
      new CfnResource(stack, 'Thing', { type: 'AWS::New::Thing', properties: { Size: size } });
    expect(outputName(unknown(1))).not.toBe(outputName(unknown(2)));
  });

  test.each(['Ref', 'Fn::GetAtt', 'Fn::Sub'])('follows a replacing property through %s', (intrinsic) => {
    const group = (cidr: string) => (stack: GatewayStack) => {
      new CfnResource(stack, 'Vpc', { type: 'AWS::EC2::VPC', properties: { CidrBlock: cidr } });
      const reference = {
        Ref: { Ref: 'Vpc' },
        'Fn::GetAtt': { 'Fn::GetAtt': ['Vpc', 'VpcId'] },
        'Fn::Sub': { 'Fn::Sub': [variable('Id'), { Id: { 'Fn::Sub': variable('Vpc.VpcId') } }] },
      }[intrinsic];
      return new CfnResource(stack, 'Group', {
        type: 'AWS::EC2::SecurityGroup',
        properties: { GroupDescription: 'one', VpcId: reference },
      });
    };
    expect(outputName(group('10.0.0.0/16'))).not.toBe(outputName(group('10.1.0.0/16')));
  });
});
