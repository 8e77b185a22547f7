import { Duration, Stack } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { IssuerPolicy } from '../../../runtime/contracts/gateway-contract.ts';
import { GatewayFunction, type GatewayFunctionProps } from '../functions/gateway-function.ts';
import type { LimitStoreLogin } from '../limit-store/limit-store-access.ts';
import { tokenIssuersEnvironment } from './token-issuers.ts';

export interface RevocationFunctionProps
  extends Omit<GatewayFunctionProps, 'description' | 'environment' | 'timeout'> {
  /** Keys of the clients that sign their own tokens with HMAC. */
  readonly tokenSecrets: readonly ISecret[];
  readonly tokenIssuers: readonly IssuerPolicy[];
  readonly limitStore: LimitStoreLogin;
}

/** The function that revokes tokens and sessions before they expire. */
export class RevocationFunction extends GatewayFunction {
  constructor(scope: Construct, id: string, props: RevocationFunctionProps) {
    super(scope, id, {
      ...props,
      description: 'Revokes tokens before they expire.',
      environment: {
        ...props.limitStore.environment,
        ...tokenIssuersEnvironment(Stack.of(scope), props.tokenIssuers),
      },
      timeout: Duration.seconds(10),
    });
    props.limitStore.grantConnect(this.function);
    for (const secret of props.tokenSecrets) secret.grantRead(this.function);
  }
}
