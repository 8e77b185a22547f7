import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { ShopUserPool, type ShopUserPoolProps } from '../../../lib/features/auth/user-pool.ts';
import { newStack, only } from '../../support/test-stack.ts';

const props: ShopUserPoolProps = {
  domainPrefix: 'store-test',
  mfa: 'optional',
  applications: {
    web: { callbackUrls: ['https://store.example/callback'], logoutUrls: ['https://store.example/'] },
  },
  permissions: ['orders:read', 'orders:write'],
  accessTokenLifetime: Duration.minutes(30),
  removalPolicy: RemovalPolicy.RETAIN,
  deletionProtection: true,
};

function synthesise(part: Partial<ShopUserPoolProps> = {}) {
  const stack = newStack();
  const { issuer } = new ShopUserPool(stack, 'UserPool', { ...props, ...part });
  return { template: Template.fromStack(stack), issuer: stack.resolve(issuer) as typeof issuer };
}

describe('the user pool', () => {
  const { template, issuer } = synthesise();
  const pool = only(template, 'AWS::Cognito::UserPool');

  test('requires strong passwords, offers MFA and detects leaked passwords', () => {
    expect(pool['Properties']).toMatchObject({
      MfaConfiguration: 'OPTIONAL',
      EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
      Policies: {
        PasswordPolicy: {
          MinimumLength: 12,
          RequireLowercase: true,
          RequireUppercase: true,
          RequireNumbers: true,
          RequireSymbols: true,
        },
      },
      UserPoolTier: 'PLUS',
      UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' },
      AccountRecoverySetting: { RecoveryMechanisms: [{ Name: 'verified_email', Priority: 1 }] },
    });
  });

  test('is retained and has deletion protection', () => {
    expect(pool['DeletionPolicy']).toBe('Retain');
    expect(pool['Properties'].DeletionProtection).toBe('ACTIVE');
    expect(Object.keys(template.findResources('AWS::Cognito::UserPool'))).toEqual(['UserPool']);
  });

  test('has managed login pages, and the permissions as scopes', () => {
    expect(only(template, 'AWS::Cognito::UserPoolDomain')['Properties'].Domain).toBe('store-test');
    expect(only(template, 'AWS::Cognito::UserPoolResourceServer')['Properties']).toMatchObject({
      Identifier: 'store-api',
      Scopes: [{ ScopeName: 'orders:read' }, { ScopeName: 'orders:write' }],
    });
  });

  test('has a public client per application, with the authorization code grant only', () => {
    const { AllowedOAuthScopes: scopes, ...client } = only(template, 'AWS::Cognito::UserPoolClient')[
      'Properties'
    ];
    expect(client).toMatchObject({
      GenerateSecret: false,
      AllowedOAuthFlows: ['code'],
      AllowedOAuthFlowsUserPoolClient: true,
      CallbackURLs: ['https://store.example/callback'],
      LogoutURLs: ['https://store.example/'],
      EnableTokenRevocation: true,
      PreventUserExistenceErrors: 'ENABLED',
      AccessTokenValidity: 30,
      TokenValidityUnits: { AccessToken: 'minutes' },
    });
    expect(scopes).toHaveLength(4);
  });

  test('passes issuer, keys, clients and scopes to the authorizer', () => {
    const ofPool = (suffix: string) => ({
      'Fn::Join': [
        '',
        [
          'https://cognito-idp.eu-west-1.',
          { Ref: 'AWS::URLSuffix' },
          '/',
          { Ref: 'UserPool' },
          ...(suffix === '' ? [] : [suffix]),
        ],
      ],
    });
    expect(issuer).toEqual({
      issuer: ofPool(''),
      jwksUri: ofPool('/.well-known/jwks.json'),
      audience: null,
      clientIds: [{ Ref: expect.stringMatching(/^UserPoolweb/) as string }],
      scopePrefix: 'store-api/',
      algorithms: ['RS256'],
      clockToleranceSeconds: 0,
      maxLifetimeSeconds: 1_800,
    });
  });
});

test.each([
  ['off', 'OFF'],
  ['required', 'ON'],
] as const)('a second factor that is %s', (mfa, configured) => {
  const { template } = synthesise({ mfa });
  expect(only(template, 'AWS::Cognito::UserPool')['Properties'].MfaConfiguration).toBe(configured);
});

test('deletes the pool with a temporary stack', () => {
  const { template } = synthesise({ removalPolicy: RemovalPolicy.DESTROY, deletionProtection: false });
  const pool = only(template, 'AWS::Cognito::UserPool');
  expect(pool['DeletionPolicy']).toBe('Delete');
  expect(pool['Properties'].DeletionProtection).not.toBe('ACTIVE');
});
