import type { RemovalPolicy } from 'aws-cdk-lib';
import { type ReplicaRegion, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledgements.ts';

export interface GeneratedSecretProps {
  readonly name: string;
  readonly description: string;
  readonly removalPolicy: RemovalPolicy;
  /** @default - none */
  readonly replicaRegions?: ReplicaRegion[];
  /** Makes the secret JSON, with this `username` and a `password` of 40 letters and digits. @default - a string of 64 */
  readonly username?: string;
  /** How the secret is rotated instead of on a schedule, as the reason of the accepted cdk-nag finding. */
  readonly rotation: string;
}

/** A generated secret of letters and digits, which is valid in a header. Operators rotate it manually. */
export function generatedSecret(
  scope: Construct,
  { name, username, rotation, ...props }: GeneratedSecretProps,
): Secret {
  const secret = new Secret(scope, 'Secret', {
    secretName: name,
    generateSecretString:
      username === undefined
        ? { passwordLength: 64, excludePunctuation: true }
        : {
            secretStringTemplate: JSON.stringify({ username }),
            generateStringKey: 'password',
            // RDS allows at most 41 characters (CreateDBCluster, MasterUserPassword).
            passwordLength: 40,
            excludePunctuation: true,
          },
    ...props,
  });
  acknowledge(secret, 'SMG4', rotation);
  return secret;
}
