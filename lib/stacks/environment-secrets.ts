import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { partnerProofName } from '../compile/partner-proof-name.ts';
import { tokenSecretName } from '../compile/token-secret-name.ts';
import { webhookSecretName } from '../compile/webhook-settings.ts';
import type { Configuration } from '../config/index.ts';
import { KeyPepper } from '../features/auth/key-pepper.ts';
import { TokenSecret } from '../features/auth/token-secret.ts';
import type { NamedSecret } from '../features/common/named-secret.ts';
import { OriginSecret } from '../features/edge/origin-secret.ts';
import { PartnerProof } from '../features/partner-api/partner-proof.ts';
import { WebhookSecret } from '../features/webhooks/webhook-secret.ts';
import { removalPolicy } from './settings.ts';

export interface EnvironmentSecretsProps {
  readonly configuration: Configuration;
  /** Further regions that get a replica of each secret. */
  readonly replicaRegions: readonly string[];
  /** Whether this region has the replicas, and the first region the secrets. */
  readonly isReplica: boolean;
}

/** The secrets of an environment that functions and the edge read. */
export interface EnvironmentSecrets {
  /** The edge sends it with every request; the authorizer refuses calls without it. */
  readonly origin: NamedSecret;
  /** Secret that API keys are hashed with. */
  readonly keyPepper: NamedSecret;
  /** Keys of the clients that sign their own tokens with HMAC. */
  readonly tokens: readonly ISecret[];
  /** Signing secrets of the webhook senders. */
  readonly webhooks: readonly ISecret[];
}

/** Creates the secrets in the first region. In further regions it looks their replicas up, which have the same names. */
export function environmentSecrets(
  scope: Construct,
  { configuration, replicaRegions, isReplica }: EnvironmentSecretsProps,
): EnvironmentSecrets {
  const { catalogue, environment } = configuration;
  const secret = (
    id: string,
    name: string,
    create: (props: SecretProps) => { readonly secret: ISecret },
  ): NamedSecret => ({
    name,
    secret: isReplica
      ? Secret.fromSecretNameV2(scope, id, name)
      : create({ name, removalPolicy: removalPolicy(environment), replicaRegions }).secret,
  });
  const origin = secret(
    'OriginSecret',
    `gatehouse/${environment.name}/origin-secret`,
    (props) => new OriginSecret(scope, 'OriginSecret', props),
  );
  secret(
    'PartnerProof',
    partnerProofName(environment.name),
    (props) => new PartnerProof(scope, 'PartnerProof', props),
  );
  const keyPepper = secret(
    'KeyPepper',
    `gatehouse/${environment.name}/key-pepper`,
    (props) => new KeyPepper(scope, 'KeyPepper', props),
  );
  const tokens = environment.otherIssuers.flatMap((issuer) => {
    if (issuer.kind !== 'hmac') return [];
    const { clientId } = issuer;
    const id = `TokenSecret-${clientId}`;
    const name = tokenSecretName(environment.name, clientId);
    return [secret(id, name, (props) => new TokenSecret(scope, id, { ...props, clientId })).secret];
  });
  const webhooks = Object.keys(catalogue.webhooks).map((sender) => {
    const id = `WebhookSecret-${sender}`;
    const name = webhookSecretName(environment.name, sender);
    return secret(id, name, (props) => new WebhookSecret(scope, id, { ...props, sender })).secret;
  });
  return { origin, keyPepper, tokens, webhooks };
}

type SecretProps = ConstructorParameters<typeof KeyPepper>[2];
