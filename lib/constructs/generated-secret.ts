import type { RemovalPolicy } from 'aws-cdk-lib';
import { type ReplicaRegion, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { acknowledge } from '../acknowledgements.ts';

export interface GeneratedSecretProps {
  readonly name: string;
  readonly description: string;
  readonly removalPolicy: RemovalPolicy;
  /** @default - none */
  readonly replicaRegions?: ReplicaRegion[];
  /** How it is rotated instead of by a timer, for who reviews the finding. */
  readonly rotation: string;
}

/** One string of 64 letters and digits, fit for a header as it is, that people rotate when they are ready for it. */
export function generatedSecret(
  scope: Construct,
  { name, rotation, ...props }: GeneratedSecretProps,
): Secret {
  const secret = new Secret(scope, 'Secret', {
    secretName: name,
    generateSecretString: { passwordLength: 64, excludePunctuation: true },
    ...props,
  });
  acknowledge(secret, 'SMG4', rotation);
  return secret;
}
