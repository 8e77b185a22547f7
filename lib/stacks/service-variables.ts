import { Secret } from 'aws-cdk-lib/aws-ecs';
import { Secret as StoredSecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { loadBalancedServices } from '../compile/load-balanced-services.ts';
import {
  type Catalogue,
  downstreamVariable,
  type Environment,
  type FargateService,
} from '../config/index.ts';
import type { ServiceTaskProps } from '../features/services/service-task.ts';

/** Variables of a task, and secrets by the variable that gets the value. */
export type TaskVariables = Pick<ServiceTaskProps, 'environment' | 'secrets'>;

/** Variables with the URLs of the services that a service calls: `http://NAME:PORT`, resolved by Service Connect. */
export function downstreamUrls(calls: readonly string[], catalogue: Catalogue): Record<string, string> {
  return Object.fromEntries(
    loadBalancedServices(catalogue)
      .filter(([name]) => calls.includes(name))
      .map(([name, { port }]) => [downstreamVariable(name), `http://${name}:${port}`]),
  );
}

/** The secrets that the catalogue names for a service, by the environment variable that gets the value. */
export function serviceSecrets(
  scope: Construct,
  idPrefix: string,
  secrets: FargateService['secrets'],
  environment: Environment,
): Record<string, Secret> {
  return Object.fromEntries(
    Object.entries(secrets).map(([variable, name]) => {
      const secretName = `gatehouse/${environment.name}/${name}`;
      const stored = StoredSecret.fromSecretNameV2(scope, `${idPrefix}${variable}`, secretName);
      return [variable, Secret.fromSecretsManager(stored)];
    }),
  );
}

export const noPaymentProvider = { environment: {}, secrets: {} };

/** Settings of Stripe, whose API key is in a secret; empty with the fake provider, which needs no key. */
export function paymentProvider(scope: Construct, { payments }: Environment): TaskVariables {
  if (payments.kind === 'fake') return noPaymentProvider;
  const key = StoredSecret.fromSecretNameV2(scope, 'StripeKey', payments.secretName);
  return {
    environment: { STRIPE_BASE_URL: payments.baseUrl },
    secrets: { STRIPE_SECRET_KEY: Secret.fromSecretsManager(key) },
  };
}
