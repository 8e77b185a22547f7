import type { RemovalPolicy } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { generatedSecret } from '../common/generated-secret.ts';

export interface TokenSecretProps {
  /** Fixed, so that the functions and operators find it. */
  readonly name: string;
  readonly clientId: string;
  readonly removalPolicy: RemovalPolicy;
  /** Regions with a replica. @default - none */
  readonly replicaRegions?: readonly string[];
}

/** HMAC key that a client signs its tokens with. 64 characters are enough for every HMAC of RFC 7518 section 3.2. */
export class TokenSecret extends Construct {
  readonly secret: ISecret;

  constructor(
    scope: Construct,
    id: string,
    { name, clientId, removalPolicy, replicaRegions = [] }: TokenSecretProps,
  ) {
    super(scope, id);
    const secret = generatedSecret(this, {
      name,
      description: `Signing key of the tokens of ${clientId}.`,
      removalPolicy,
      replicaRegions: replicaRegions.map((region) => ({ region })),
      rotation:
        'The client signs with the value, so it changes together with the client, not on a timer: write a new version, ' +
        'have the client take it. The gateway accepts the current and the previous version meanwhile.',
    });
    this.secret = secret as ISecret;
  }
}
