import type { RemovalPolicy } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { generatedSecret } from '../common/generated-secret.ts';
import { pinLogicalId } from '../common/logical-id.ts';

export interface KeyPepperProps {
  /** Fixed, so that the operators' commands find it. */
  readonly name: string;
  readonly removalPolicy: RemovalPolicy;
  /** Regions that have the secret, too. @default - none */
  readonly replicaRegions?: readonly string[];
}

/** What the stored hashes of API keys are made with: who can only write the table of clients can make no key. */
export class KeyPepper extends Construct {
  readonly secret: ISecret;

  constructor(scope: Construct, id: string, { name, removalPolicy, replicaRegions = [] }: KeyPepperProps) {
    super(scope, id);
    const secret = generatedSecret(this, {
      name,
      description: 'The key of the hashes under which API keys are stored.',
      removalPolicy,
      replicaRegions: replicaRegions.map((region) => ({ region })),
      rotation:
        'A hash cannot be made anew without its key, so every change ends the keys that are older than the change before: ' +
        'it follows the rolling of the keys, not a timer. The current and the previous version are accepted.',
    });
    pinLogicalId(secret, 'KeyPepper');
    this.secret = secret as ISecret;
  }
}
