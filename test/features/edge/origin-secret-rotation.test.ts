import { describe, expect, test } from 'vitest';
import { resourcesOf } from '../../support/synth.ts';

describe('the rotation of the origin secret', () => {
  const rotation = (environment: 'prod' | 'dev') =>
    resourcesOf(environment).filter(({ stack }) => stack === 'OriginSecretRotation');
  const propertiesOf = (type: string) =>
    rotation('prod')
      .filter(({ resource }) => resource['Type'] === type)
      .map(({ resource }) => resource['Properties']);

  test('runs on a schedule if the environment configures one', () => {
    expect(rotation('dev')).toEqual([]);
    expect(propertiesOf('AWS::SecretsManager::RotationSchedule')).toMatchObject([
      { RotationRules: { AutomaticallyAfterDays: 30 }, RotateImmediatelyOnUpdate: false },
    ]);
  });

  test('may change that secret and that distribution only, and only Secrets Manager of this account may invoke it', () => {
    const [policy] = propertiesOf('AWS::IAM::Policy');
    const statements = policy.PolicyDocument.Statement as { Action: string | string[]; Resource: unknown }[];
    const on = (action: string) =>
      JSON.stringify(statements.find(({ Action }) => [Action].flat().includes(action))?.Resource);
    expect(on('secretsmanager:PutSecretValue')).toContain('gatehouse-prod-data');
    expect(on('cloudfront:UpdateDistribution')).toMatch(/:distribution\/.*gatehouse-prod-edge/);
    expect(on('wafv2:GetWebACL')).toContain('Firewall');
    expect(propertiesOf('AWS::Lambda::Permission')).toEqual([
      expect.objectContaining({
        Principal: 'secretsmanager.amazonaws.com',
        SourceAccount: { Ref: 'AWS::AccountId' },
      }),
    ]);
  });
});
