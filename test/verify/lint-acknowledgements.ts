/** A finding of cfn-lint that is right to be there, and why. */
export interface LintAcknowledgement {
  readonly rule: string;
  /** Only findings with such a message; another one of the same rule is a fault. */
  readonly message: RegExp;
  readonly reason: string;
}

export const lintAcknowledgements: readonly LintAcknowledgement[] = [
  {
    rule: 'E1022',
    message:
      /^\{'Fn::GetStackOutput': \{'StackName': '[^']+', 'Region': '[^']+', 'OutputName': '[^']+'\}\} is not of type/,
    reason:
      'cfn-lint 1.58 knows Fn::GetStackOutput, but the functions it allows inside Fn::Join and Fn::Split are an older ' +
      'list. The CDK writes references between stacks so.',
  },
  {
    rule: 'W3005',
    message: /^'[^']+' dependency already enforced by a '(GetAtt|Ref)'/,
    reason:
      'The CDK makes a function depend on its role and the policy of it, beside the reference that does so too.',
  },
  {
    rule: 'E3031',
    message: /^'file:[^']*' does not match /,
    reason:
      'The local environment, which nobody deploys, keeps its events in files; its mappings name them where others name ' +
      'their brokers.',
  },
];
