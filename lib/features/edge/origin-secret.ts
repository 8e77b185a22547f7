import { type RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { generatedSecret } from '../common/generated-secret.ts';
import { pinLogicalId } from '../common/logical-id.ts';

export interface OriginSecretProps {
  /** Fixed, because the edge looks it up by name from another region. */
  readonly name: string;
  readonly removalPolicy: RemovalPolicy;
  /** Regions with a replica, in addition to the edge's. @default - none */
  readonly replicaRegions?: readonly string[];
}

/** CloudFront resolves dynamic references in us-east-1. */
const edgeRegion = 'us-east-1';

/** The origin secret: a header value that proves to the APIs that a call came through the edge. */
export class OriginSecret extends Construct {
  readonly secret: ISecret;

  constructor(scope: Construct, id: string, { name, removalPolicy, replicaRegions = [] }: OriginSecretProps) {
    super(scope, id);
    const elsewhere = new Set([edgeRegion, ...replicaRegions]);
    elsewhere.delete(Stack.of(this).region);
    const secret = generatedSecret(this, {
      name,
      description:
        'The edge sends it to the APIs with every request; the authorizers refuse calls without it.',
      replicaRegions: [...elsewhere].map((region) => ({ region })),
      removalPolicy,
      rotation:
        'The distribution sends the value, so its schedule is in the stack after the edge, where the environment configures ' +
        'for one (edge.originSecretRotationDays); without, operators write a new version and deploy the edge.',
    });
    pinLogicalId(secret, 'OriginSecret');
    this.secret = secret as ISecret;
  }
}
