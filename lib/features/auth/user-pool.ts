import { Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AccountRecovery,
  FeaturePlan,
  Mfa,
  OAuthScope,
  ResourceServerScope,
  StandardThreatProtectionMode,
  UserPool,
  type UserPoolClient,
} from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import type { IssuerPolicy } from '../../../runtime/contracts/gateway-contract.ts';
import { acknowledge } from '../common/acknowledgements.ts';
import { pinLogicalId } from '../common/logical-id.ts';

export interface ShopUserPoolProps {
  readonly domainPrefix: string;
  readonly mfa: 'off' | 'optional' | 'required';
  /** Applications that users sign in to, by name. */
  readonly applications: Readonly<
    Record<string, { readonly callbackUrls: readonly string[]; readonly logoutUrls: readonly string[] }>
  >;
  /** Permissions that an application may request; at most 100 (quota of a resource server). */
  readonly permissions: readonly string[];
  readonly accessTokenLifetime: Duration;
  /** `RETAIN` also protects the pool from deletion. */
  readonly removalPolicy: RemovalPolicy;
  /** Cognito refuses to delete the pool. */
  readonly deletionProtection: boolean;
}

const mfaModes = { off: Mfa.OFF, optional: Mfa.OPTIONAL, required: Mfa.REQUIRED } as const;

/** Name of the resource server, and prefix of its scopes in a token. */
const resourceServer = 'store-api';

/**
 * The users of the shop: a Cognito user pool with managed login pages, a public client (authorization code, no client secret)
 * per application, and the gateway's permissions as scopes of a resource server.
 */
export class ShopUserPool extends Construct {
  /** Verification settings of the pool's access tokens. The values are resolved at deployment. */
  readonly issuer: IssuerPolicy;
  readonly userPoolId: string;

  constructor(scope: Construct, id: string, props: ShopUserPoolProps) {
    super(scope, id);
    const pool = new UserPool(this, 'Pool', {
      signInAliases: { email: true },
      selfSignUpEnabled: true,
      autoVerify: { email: true },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      mfa: mfaModes[props.mfa],
      ...(props.mfa === 'off' ? {} : { mfaSecondFactor: { otp: true, sms: false } }),
      // NIST SP 800-63B requires length; AWS's rules require the character classes.
      passwordPolicy: {
        minLength: 12,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
        tempPasswordValidity: Duration.days(3),
      },
      // Refuses leaked passwords and suspicious sign-ins.
      featurePlan: FeaturePlan.PLUS,
      standardThreatProtectionMode: StandardThreatProtectionMode.FULL_FUNCTION,
      deletionProtection: props.deletionProtection,
      removalPolicy: props.removalPolicy,
    });
    pinLogicalId(pool, 'UserPool');
    if (props.mfa !== 'required') {
      acknowledge(pool, 'COG2', 'Shoppers choose whether they want a second factor: identity.mfa.');
    }
    pool.addDomain('Domain', { cognitoDomain: { domainPrefix: props.domainPrefix } });

    const scopes = props.permissions.map(
      (permission) => new ResourceServerScope({ scopeName: permission, scopeDescription: permission }),
    );
    const server = pool.addResourceServer('Api', {
      identifier: resourceServer,
      scopes,
    });
    const clients = Object.entries(props.applications).map(([name, urls]): UserPoolClient => {
      const client = pool.addClient(name, {
        generateSecret: false,
        preventUserExistenceErrors: true,
        enableTokenRevocation: true,
        accessTokenValidity: props.accessTokenLifetime,
        authFlows: { userSrp: true },
        oAuth: {
          flows: { authorizationCodeGrant: true },
          scopes: [
            OAuthScope.OPENID,
            OAuthScope.EMAIL,
            ...scopes.map((one) => OAuthScope.resourceServer(server, one)),
          ],
          callbackUrls: [...urls.callbackUrls],
          logoutUrls: [...urls.logoutUrls],
        },
      });
      return client;
    });

    this.userPoolId = pool.userPoolId;
    const { region, urlSuffix } = Stack.of(this);
    const url = `https://cognito-idp.${region}.${urlSuffix}/${pool.userPoolId}`;
    this.issuer = {
      issuer: url,
      jwksUri: `${url}/.well-known/jwks.json`,
      // Cognito access tokens have a client id and no audience.
      audience: null,
      clientIds: clients.map(({ userPoolClientId }) => userPoolClientId),
      scopePrefix: `${resourceServer}/`,
      algorithms: ['RS256'],
      clockToleranceSeconds: 0,
      maxLifetimeSeconds: props.accessTokenLifetime.toSeconds(),
    };
  }
}
