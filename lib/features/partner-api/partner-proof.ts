import { type RemovalPolicy, SecretValue, Stack } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { generatedSecret } from '../common/generated-secret.ts';
import { pinLogicalId } from '../common/logical-id.ts';

export interface PartnerProofProps {
  /** Fixed, because stacks of other regions find it by name. */
  readonly name: string;
  readonly removalPolicy: RemovalPolicy;
  /** Regions that have the secret besides the edge's. @default - none */
  readonly replicaRegions?: readonly string[];
}

/** CloudFront's own region: what a distribution resolves, it resolves there. */
const edgeRegion = 'us-east-1';

/**
 * An unguessable value of the deployment that the partner API and the load balancer have in their templates by dynamic
 * reference: what a caller sends cannot be taken for what the edge or the API has written.
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
        'Written by the edge and the partner API, and demanded by its firewall and the load balancer.',
      replicaRegions: [...elsewhere].map((region) => ({ region })),
      removalPolicy,
      rotation:
        'It is resolved when stacks are deployed, so a timer would part those that have the old value from the others. It ' +
        'lets nobody in by itself: the API key, the origin secret and the VPC link do.',
    });
    pinLogicalId(secret, 'PartnerProof');
    this.secret = secret as ISecret;
  }
}

/** The value, as a dynamic reference that CloudFormation resolves in the region of the stack that has it. */
export function partnerProofValue(secretName: string): string {
  return SecretValue.secretsManager(secretName).unsafeUnwrap();
}
