/** A finding of checkov that is right to be there, and why. */
export interface PolicyAcknowledgement {
  readonly check: string;
  /** Only these resources (`AWS::Type.LogicalId`); the same finding elsewhere is a fault. */
  readonly resource: RegExp;
  readonly reason: string;
}

const vpcHandler = /^AWS::Lambda::Function\.CustomVpcRestrictDefaultSG/;
const invokedByCallers =
  'Its callers wait for the answer (API Gateway, AppConfig, an event source), so there is no asynchronous invocation whose event could be lost.';

export const policyAcknowledgements: readonly PolicyAcknowledgement[] = [
  {
    check: 'CKV_AWS_116',
    resource: /^AWS::Lambda::Function\.(Auth|Aggregation|Revocation|Validator|Origin)/,
    reason: invokedByCallers,
  },
  {
    check: 'CKV_AWS_116',
    resource: /^AWS::Lambda::Function\.PartnerPlans/,
    reason: 'It compares everything, whatever it is called for, and the clock calls it again.',
  },
  {
    check: 'CKV_AWS_120',
    resource: /^AWS::ApiGateway::Stage\.Partner/,
    reason: "A cache of the API's would give one partner's answer to another.",
  },
  {
    check: 'CKV_AWS_116',
    resource: vpcHandler,
    reason: 'It runs as part of a deployment, which fails and says so when it does.',
  },
  {
    check: 'CKV_AWS_115',
    resource: vpcHandler,
    reason: "It runs once per deployment of the network; the CDK's own, without a setting for it.",
  },
  {
    check: 'CKV_AWS_117',
    resource: vpcHandler,
    reason: 'It speaks to the API of EC2 only, and runs before the network has a way out.',
  },
  {
    check: 'CKV_AWS_115',
    resource: /^AWS::Lambda::Function\./,
    reason:
      'Concurrency is reserved where the environment says so, for the functions that others could starve; a reservation ' +
      'for every function would take from the pool what nobody uses.',
  },
];
