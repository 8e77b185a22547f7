import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Accepts one finding of cdk-nag's AwsSolutions pack at a construct and below it.
 *
 * @param rule name of the finding without its pack: `SMG4`, or `IAM5[Resource::*]` for a rule that reports several
 * @param reason why the finding is acceptable here, for a reader who does not know the system. The synth's validation
 *   report contains it.
 */
export function acknowledge(scope: IConstruct, rule: string, reason: string): void {
  Validations.of(scope).acknowledge({ id: `AwsSolutions::AwsSolutions-${rule}`, reason });
}
