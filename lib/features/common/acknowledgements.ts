import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Accepts one finding of cdk-nag's AwsSolutions pack at a construct and below it.
 *
 * @param rule the finding's name without its pack: `SMG4`, or `IAM5[Resource::*]` where a rule reports several.
 * @param reason what makes it right here, for a reader who knows nothing of this system. It is kept in the synth's
 *   validation report.
 */
export function acknowledge(scope: IConstruct, rule: string, reason: string): void {
  Validations.of(scope).acknowledge({ id: `AwsSolutions::AwsSolutions-${rule}`, reason });
}
