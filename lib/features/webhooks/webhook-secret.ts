import type { RemovalPolicy } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { generatedSecret } from '../common/generated-secret.ts';
import { pinLogicalId } from '../common/logical-id.ts';

export interface WebhookSecretProps {
  /** Fixed, so that the function and operators find it. */
  readonly name: string;
  /** Name of the sender. */
  readonly sender: string;
  readonly removalPolicy: RemovalPolicy;
  /** Regions with a replica. @default - none */
  readonly replicaRegions?: readonly string[];
}

/** Signing secret of a webhook sender. The generated value is a placeholder: no webhook is accepted until it is replaced. */
export class WebhookSecret extends Construct {
  readonly secret: ISecret;

  constructor(
    scope: Construct,
    id: string,
    { name, sender, removalPolicy, replicaRegions = [] }: WebhookSecretProps,
  ) {
    super(scope, id);
    const secret = generatedSecret(this, {
      name,
      description: `Secret that ${sender} signs its webhooks with.`,
      removalPolicy,
      replicaRegions: replicaRegions.map((region) => ({ region })),
      rotation:
        'The sender issues the value and signs with it, so it changes when the sender changes it, not on a timer: write ' +
        "the sender's new value as a new version. The current and the previous version are accepted meanwhile.",
    });
    pinLogicalId(
      secret,
      `WebhookSecret${sender.charAt(0).toUpperCase()}${sender.slice(1).replaceAll('-', '')}`,
    );
    this.secret = secret as ISecret;
  }
}
