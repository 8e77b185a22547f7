import { type RemovalPolicy, SecretValue, Stack } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { generatedSecret } from '../common/generated-secret.ts';
import { pinLogicalId } from '../common/logical-id.ts';

export interface PartnerProofProps {
  /** Fixed, because stacks in other regions look the secret up by name. */
  readonly name: string;
  readonly removalPolicy: RemovalPolicy;
  /** Regions with a replica, in addition to the edge's. @default - none */
  readonly replicaRegions?: readonly string[];
}

/** CloudFront resolves dynamic references in us-east-1. */
const edgeRegion = 'us-east-1';

/**
 * A random value that the partner API and the load balancer have in their templates by dynamic reference. It proves that the
 * edge or the API has written a header, because callers cannot guess it.
 */
export class PartnerProof extends Construct {
  readonly secret: ISecret;

  constructor(scope: Construct, id: string, { name, removalPolicy, replicaRegions = [] }: PartnerProofProps) {
    super(scope, id);
    const elsewhere = new Set([edgeRegion, ...replicaRegions]);
    elsewhere.delete(Stack.of(this).region);
    const secret = generatedSecret(this, {
      name,
      description:
        'The edge and the partner API send it; the web ACL of the partner API and the load balancer check it.',
      replicaRegions: [...elsewhere].map((region) => ({ region })),
      removalPolicy,
      rotation:
        'CloudFormation resolves it at deployment, so a scheduled rotation would leave stacks with different values. It ' +
        'grants no access by itself: the API key, the origin secret and the VPC link do.',
    });
    pinLogicalId(secret, 'PartnerProof');
    this.secret = secret as ISecret;
  }
}

/** The value as a dynamic reference, which CloudFormation resolves in the region of the stack. */
export function partnerProofValue(secretName: string): string {
  return SecretValue.secretsManager(secretName).unsafeUnwrap();
}
