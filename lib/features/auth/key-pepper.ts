import type { RemovalPolicy } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { generatedSecret } from '../common/generated-secret.ts';
import { pinLogicalId } from '../common/logical-id.ts';

export interface KeyPepperProps {
  /** Fixed, so that the operators' commands find it. */
  readonly name: string;
  readonly removalPolicy: RemovalPolicy;
  /** Regions with a replica. @default - none */
  readonly replicaRegions?: readonly string[];
}

/** Secret key of the hashes of API keys: write access to the table of clients is not enough to create a valid API key. */
export class KeyPepper extends Construct {
  readonly secret: ISecret;

  constructor(scope: Construct, id: string, { name, removalPolicy, replicaRegions = [] }: KeyPepperProps) {
    super(scope, id);
    const secret = generatedSecret(this, {
      name,
      description: 'Secret key of the hashes of API keys.',
      removalPolicy,
      replicaRegions: replicaRegions.map((region) => ({ region })),
      rotation:
        'A hash cannot be recomputed without the API key, so each change invalidates the keys that are older than the previous change: ' +
        'operators rotate it together with the keys, not on a timer. The current and the previous version are accepted.',
    });
    pinLogicalId(secret, 'KeyPepper');
    this.secret = secret as ISecret;
  }
}
