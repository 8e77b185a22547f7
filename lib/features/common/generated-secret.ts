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
  /** Makes it JSON, of this `username` and a `password` of 40 letters and digits. @default - a string of 64 */
  readonly username?: string;
  /** How it is rotated instead of by a timer, for who reviews the finding. */
  readonly rotation: string;
}

/** Letters and digits, fit for a header as they are, that people rotate when they are ready for it. */
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
            // RDS takes 41 characters at most (CreateDBCluster, MasterUserPassword).
            passwordLength: 40,
            excludePunctuation: true,
          },
    ...props,
  });
  acknowledge(secret, 'SMG4', rotation);
  return secret;
}
