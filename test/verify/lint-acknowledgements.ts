/** An accepted finding of cfn-lint, with the reason. */
export interface LintAcknowledgement {
  readonly rule: string;
  /** Only findings with a matching message are accepted. */
  readonly message: RegExp;
  readonly reason: string;
}

export const lintAcknowledgements: readonly LintAcknowledgement[] = [
  {
    rule: 'E1022',
    message:
      /^\{'Fn::GetStackOutput': \{'StackName': '[^']+', 'Region': '[^']+', 'OutputName': '[^']+'\}\} is not of type/,
    reason:
      'cfn-lint 1.58 supports Fn::GetStackOutput, but not inside Fn::Join and Fn::Split, where ' +
      'the CDK uses it for references between stacks.',
  },
  {
    rule: 'W3005',
    message: /^'[^']+' dependency already enforced by a '(GetAtt|Ref)'/,
    reason:
      'The CDK adds a dependency of a function on its role and policy, although a reference implies it.',
  },
  {
    rule: 'E3031',
    message: /^'file:[^']*' does not match /,
    reason:
      'The local environment, which is never deployed, keeps events in files. Its event source mappings name files instead of ' +
      'brokers.',
  },
];
