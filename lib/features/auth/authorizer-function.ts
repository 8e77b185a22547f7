import { Duration, Stack } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { env } from '../../../lambda/auth/contract.ts';
import type { IssuerPolicy } from '../../../runtime/contracts/gateway-contract.ts';
import type { NamedSecret } from '../common/named-secret.ts';
import type { Tables } from '../database/tables.ts';
import { GatewayFunction, type GatewayFunctionProps } from '../functions/gateway-function.ts';
import type { LimitStoreLogin } from '../limit-store/limit-store-access.ts';
import { tokenIssuersEnvironment } from './token-issuers.ts';

export interface AuthorizerFunctionProps
  extends Omit<GatewayFunctionProps, 'description' | 'environment' | 'timeout'> {
  /** AppConfig application, environment and profile of the runtime policy, separated by slashes. */
  readonly runtimePolicy: string;
  readonly originSecret: NamedSecret;
  /** Secret that API keys are hashed with. */
  readonly keyPepper: NamedSecret;
  /** Keys of the clients that sign their own tokens with HMAC. */
  readonly tokenSecrets: readonly ISecret[];
  readonly tokenIssuers: readonly IssuerPolicy[];
  readonly tables: Tables;
  readonly limitStore: LimitStoreLogin;
}

/** The Lambda authorizer of the public API: identity, permission, limits and quota of each call. */
export class AuthorizerFunction extends GatewayFunction {
  constructor(scope: Construct, id: string, props: AuthorizerFunctionProps) {
    const { originSecret, keyPepper, tables, limitStore, tokenSecrets } = props;
    super(scope, id, {
      ...props,
      description: 'Authorizes each call of the public API: identity, permission, limits and quota.',
      environment: {
        [env.originSecretId]: originSecret.name,
        [env.runtimePolicy]: props.runtimePolicy,
        [env.runtimePolicyPollSeconds]: '30',
        [env.keyPepperId]: keyPepper.name,
        [env.clientsTable]: tables.clients.tableName,
        [env.usageTable]: tables.usage.tableName,
        ...limitStore.environment,
        ...tokenIssuersEnvironment(Stack.of(scope), props.tokenIssuers),
      },
      // An HTTP API waits 10 s for its authorizer. A shopper does not wait that long for a page.
      timeout: Duration.seconds(5),
    });
    originSecret.secret.grantRead(this.function);
    keyPepper.secret.grantRead(this.function);
    limitStore.grantConnect(this.function);
    tables.grantReadClient(this.function);
    tables.grantReadUsage(this.function);
    for (const secret of tokenSecrets) secret.grantRead(this.function);
  }
}
