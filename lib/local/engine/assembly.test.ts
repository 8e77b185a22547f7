import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type Assembly, openAssembly } from './assembly.ts';
import type { AttributeValues } from './stacks.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

type Templates = Record<string, object>;

/** Writes the assembly of a stage in the layout of the CDK and opens it. */
function assemblyOf(templates: Templates, values: AttributeValues = {}): Assembly {
  const folder = mkdtempSync(join(tmpdir(), 'assembly-'));
  folders.push(folder);
  const stage = join(folder, 'assembly-local');
  mkdirSync(stage);
  const write = (path: string, content: unknown) => writeFileSync(path, JSON.stringify(content));
  write(join(folder, 'manifest.json'), {
    artifacts: {
      'assembly-local': {
        type: 'cdk:cloud-assembly',
        properties: { directoryName: 'assembly-local' },
      },
    },
  });
  write(join(stage, 'manifest.json'), {
    artifacts: {
      assets: { type: 'cdk:asset-manifest', properties: { file: 'assets.json' } },
      ...Object.fromEntries(
        Object.keys(templates).map((name) => [
          `artifact${name}`,
          {
            type: 'aws:cloudformation:stack',
            environment: `aws://unknown-account/${name === 'Edge' ? 'us-east-1' : 'eu-west-1'}`,
            properties: { templateFile: `${name}.json`, stackName: name },
          },
        ]),
      ),
    },
  });
  for (const [name, template] of Object.entries(templates)) write(join(stage, `${name}.json`), template);
  write(join(stage, 'assets.json'), {
    files: {
      abc: { source: { path: '../asset.abc' }, destinations: { here: { objectKey: 'abc.zip' } } },
    },
  });
  return openAssembly(folder, values);
}

/** Resolves an expression of a template whose stack contains a function `Fn`. */
function resolved(expression: unknown, template: object = {}): unknown {
  const { resources } = assemblyOf({
    Api: {
      Resources: {
        It: { Type: 'Test::It', Properties: { Value: expression } },
        Fn: { Type: 'AWS::Lambda::Function', Properties: {} },
      },
      ...template,
    },
  });
  return resources[0]?.properties['Value'];
}

test('attribute values replace Ref and attributes of a type', () => {
  const values = { 'AWS::Lambda::Alias.Ref': 'arn:function:{id}:live', 'AWS::Lambda::Alias.Name': 'live' };
  const value = { ref: { Ref: 'Alias' }, name: { 'Fn::GetAtt': ['Alias', 'Name'] } };
  const Resources = {
    It: { Type: 'Test::It', Properties: { Value: value } },
    Alias: { Type: 'AWS::Lambda::Alias', Properties: {} },
  };
  const { resources } = assemblyOf({ Api: { Resources } }, values);
  expect(resources[0]?.properties['Value']).toEqual({ ref: 'arn:function:Api.Alias:live', name: 'live' });
});

describe('intrinsic functions', () => {
  test.each([
    ['a literal', { a: [1, true, 'x'] }, { a: [1, true, 'x'] }],
    ['Ref of a resource', { Ref: 'Fn' }, 'Api.Fn'],
    ['an identifier attribute', { 'Fn::GetAtt': ['Fn', 'Arn'] }, 'Api.Fn'],
    ['an identifier attribute in dot form', { 'Fn::GetAtt': 'Fn.SomeArn' }, 'Api.Fn'],
    [
      'pseudo parameters',
      { 'Fn::Join': ['/', [{ Ref: 'AWS::Region' }, { Ref: 'AWS::Partition' }, { Ref: 'AWS::StackName' }]] },
      'eu-west-1/aws/Api',
    ],
    [
      'Fn::Sub',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders look the same.
      { 'Fn::Sub': ['${AWS::Region}-${Fn}-${Fn.Arn}-${x}-${!y}', { x: { Ref: 'Fn' } }] },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: As above.
      'eu-west-1-Api.Fn-Api.Fn-Api.Fn-${y}',
    ],
    ['Fn::Select of Fn::Split', { 'Fn::Select': [1, { 'Fn::Split': ['.', { Ref: 'Fn' }] }] }, 'Fn'],
    ['NoValue in an object', { a: 1, b: { Ref: 'AWS::NoValue' } }, { a: 1 }],
    ['NoValue in a list', [1, { Ref: 'AWS::NoValue' }], [1]],
    ['an IAM condition', { Condition: { Bool: { x: 'y' } } }, { Condition: { Bool: { x: 'y' } } }],
    [
      'a secret, which stays a dynamic reference',
      '{{resolve:secretsmanager:name:SecretString:::}}',
      '{{resolve:secretsmanager:name:SecretString:::}}',
    ],
  ])('%s', (_, expression, expected) => {
    expect(resolved(expression)).toEqual(expected);
  });

  test('conditions choose between values', () => {
    const template = {
      Conditions: {
        Here: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-west-1'] },
        Both: { 'Fn::And': [{ Condition: 'Here' }, { 'Fn::Not': [{ 'Fn::Equals': ['a', 'b'] }] }] },
        Never: { 'Fn::Or': [{ 'Fn::Not': [{ Condition: 'Here' }] }] },
      },
    };
    expect(resolved({ x: { 'Fn::If': ['Both', 'yes', 'no'] } }, template)).toEqual({ x: 'yes' });
    expect(resolved({ x: { 'Fn::If': ['Never', 'yes', 'no'] } }, template)).toEqual({ x: 'no' });
  });

  test('parameters resolve to their default, except those of the Parameter Store', () => {
    const template = {
      Parameters: {
        Plain: { Type: 'String', Default: 'here' },
        Stored: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk/x' },
      },
    };
    expect(resolved({ Ref: 'Plain' }, template)).toBe('here');
    expect(() => resolved({ Ref: 'Stored' }, template)).toThrow('Api.It.Value: Ref Stored is not known.');
  });

  test.each([
    ['an unknown function', { 'Fn::Cidr': ['x'] }, 'Api.It.Value: the local run does not resolve Fn::Cidr.'],
    ['an unknown resource', [{ Ref: 'Nobody' }], 'Api.It.Value[0]: Ref Nobody is not known.'],
    [
      'an attribute that has no value here',
      { deep: { 'Fn::GetAtt': ['Fn', 'Colour'] } },
      'Api.It.Value.deep: The attribute Fn.Colour is not known.',
    ],
    ['a list that is too short', { 'Fn::Select': ['2', ['a']] }, 'Api.It.Value: Element 2 of the list'],
    [
      'a parameter of the Parameter Store',
      'a{{resolve:ssm:/x}}',
      'Api.It.Value: the local run does not resolve dynamic references to ssm',
    ],
  ])('refuse %s and name it', (_, expression, message) => {
    expect(() => resolved(expression)).toThrow(message);
  });
});

describe('deployment', () => {
  test('resolves outputs across stacks and regions, and exports across stacks', () => {
    const { resources } = assemblyOf(
      {
        Api: {
          Resources: { Api: { Type: 'Test::Api', Properties: {} } },
          Outputs: {
            Host: { Value: { 'Fn::GetAtt': ['Api', 'Endpoint'] }, Export: { Name: 'host' } },
          },
        },
        Edge: {
          Resources: {
            It: {
              Type: 'Test::It',
              Properties: {
                Weak: {
                  'Fn::GetStackOutput': { StackName: 'Api', Region: 'eu-west-1', OutputName: 'Host' },
                },
                Strong: { 'Fn::ImportValue': 'host' },
                Elsewhere: { 'Fn::GetStackOutput': { StackName: 'Api', OutputName: 'Host' } },
              },
            },
          },
        },
      },
      { 'Test::Api.Endpoint': '{id}.example' },
    );
    const properties = resources[1]?.properties ?? {};
    expect(properties['Weak']).toBe('Api.Api.example');
    expect(properties['Strong']).toBe('Api.Api.example');
    expect(() => properties['Elsewhere']).toThrow('Edge.It.Elsewhere: The output Host of stack Api');
  });

  test('an attribute value has priority, also for an identifier', () => {
    const { resources } = assemblyOf(
      {
        Api: {
          Resources: {
            It: { Type: 'Test::It', Properties: { Arn: { 'Fn::GetAtt': ['It', 'Arn'] } } },
          },
        },
      },
      { 'Test::It.Arn': 'arn:aws:it:{id}' },
    );
    expect(resources[0]?.properties['Arn']).toBe('arn:aws:it:Api.It');
  });

  test('refuses a cycle of outputs', () => {
    const ask = (OutputName: string) => ({ 'Fn::GetStackOutput': { StackName: 'Api', OutputName } });
    expect(() => resolved(ask('A'), { Outputs: { A: { Value: ask('B') }, B: { Value: ask('A') } } })).toThrow(
      'Api.Outputs.A: refers to itself.',
    );
  });

  test('resolves a property on first read; a property without a value is absent', () => {
    const { resources } = assemblyOf({
      Api: {
        Conditions: { No: { 'Fn::Equals': ['a', 'b'] } },
        Resources: {
          It: {
            Type: 'Test::It',
            Properties: {
              Good: 1,
              Bad: { 'Fn::Cidr': [] },
              Gone: { Ref: 'AWS::NoValue' },
              Chosen: { 'Fn::If': ['No', 1, { Ref: 'AWS::NoValue' }] },
            },
          },
        },
      },
    });
    const properties = resources[0]?.properties ?? {};
    expect(Object.keys(properties)).toEqual(['Good', 'Bad']);
    expect(properties['Good']).toBe(1);
    expect(() => properties['Bad']).toThrow('Fn::Cidr');
  });

  test('finds resources by reference: the function of an alias, and the longest id', () => {
    const deployment = assemblyOf({
      Api: {
        Resources: {
          Fn: { Type: 'AWS::Lambda::Function', Properties: {} },
          FnLive: { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: { Ref: 'Fn' } } },
          Http: { Type: 'AWS::ApiGatewayV2::Api', Properties: {} },
        },
      },
    });
    expect(deployment.byReference('arn:aws:apigateway:x:functions/Api.FnLive/invocations')?.id).toBe(
      'Api.Fn',
    );
    expect(deployment.byReference('Api.Http.execute-api.eu-west-1.amazonaws.com')?.id).toBe('Api.Http');
    expect(deployment.byReference('example.com')).toBeUndefined();
    expect(deployment.ofType('AWS::ApiGatewayV2::Api').map(({ id }) => id)).toEqual(['Api.Http']);
  });

  test('lists the services whose types were not read', () => {
    const resource = (Type: string) => ({ Type, Properties: {} });
    const assembly = assemblyOf({
      Data: {
        Resources: {
          Table: resource('AWS::DynamoDB::Table'),
          Alarm: resource('AWS::CloudWatch::Alarm'),
          Other: resource('AWS::CloudWatch::Dashboard'),
          Own: resource('Custom::Own'),
        },
      },
      Service: { Resources: { A: resource('AWS::ECS::Service'), B: resource('AWS::ECS::Cluster') } },
    });
    assembly.ofType('AWS::ECS::Service');
    expect(assembly.unemulatedServices()).toEqual(['CloudWatch', 'DynamoDB']);
  });

  test('finds assets by their key in the bucket', () => {
    const assembly = assemblyOf({ Api: { Resources: {} } });
    expect(assembly.assetFolder('abc.zip')).toMatch(/asset\.abc$/);
    expect(() => assembly.assetFolder('def.zip')).toThrow(
      'def.zip: the assembly does not contain this asset.',
    );
  });
});
