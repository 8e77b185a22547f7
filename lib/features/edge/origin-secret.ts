import { type RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { generatedSecret } from '../common/generated-secret.ts';
import { pinLogicalId } from '../common/logical-id.ts';

export interface OriginSecretProps {
  /** Fixed, because the edge finds it by name from another region. */
  readonly name: string;
  readonly removalPolicy: RemovalPolicy;
  /** Regions that have the secret besides the edge's. @default - none */
  readonly replicaRegions?: readonly string[];
}

/** CloudFront's own region: what a distribution resolves, it resolves there. */
const edgeRegion = 'us-east-1';

/** Proof that a call came through the edge: one string that goes into a header as it is. */
export class OriginSecret extends Construct {
  readonly secret: ISecret;

  constructor(scope: Construct, id: string, { name, removalPolicy, replicaRegions = [] }: OriginSecretProps) {
    super(scope, id);
    const elsewhere = new Set([edgeRegion, ...replicaRegions]);
    elsewhere.delete(Stack.of(this).region);
    const secret = generatedSecret(this, {
      name,
      description: 'Sent by the edge to the API with every request; the authorizer refuses calls without it.',
      replicaRegions: [...elsewhere].map((region) => ({ region })),
      removalPolicy,
      rotation:
        'The distribution sends the value, so its schedule is in the stack after the edge, where the environment asks ' +
        'for one (edge.originSecretRotationDays); without, operators write a new version and deploy the edge.',
    });
    pinLogicalId(secret, 'OriginSecret');
    this.secret = secret as ISecret;
  }
}
