import type { StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { requestHeaders } from '../../runtime/contracts/gateway-contract.ts';
import type { Configuration } from '../config/index.ts';
import { OriginSecretRotation } from '../features/edge/origin-secret-rotation.ts';
import type { Bundles } from '../features/functions/bundles.ts';
import { FunctionAlarms } from '../features/functions/function-alarms.ts';
import type { AlertsStack } from './alerts-stack.ts';
import type { DataStack } from './data-stack.ts';
import type { EdgeStack } from './edge-stack.ts';
import { GatewayStack } from './gateway-stack.ts';
import type { NetworkStack } from './network-stack.ts';
import { logRetention, removalPolicy } from './settings.ts';

export interface OriginSecretRotationStackProps extends StackProps {
  readonly configuration: Configuration;
  readonly bundles: Bundles;
  readonly network: NetworkStack;
  readonly data: DataStack;
  readonly alerts: AlertsStack;
  readonly edge: EdgeStack;
  readonly everyDays: number;
}

/** Rotates the origin secret on a schedule. It is in the secret's region, and deployed after the edge, which sends the secret. */
export class OriginSecretRotationStack extends GatewayStack {
  constructor(
    scope: Construct,
    id: string,
    {
      configuration,
      bundles,
      network,
      data,
      alerts,
      edge,
      everyDays,
      ...props
    }: OriginSecretRotationStackProps,
  ) {
    const { environment } = configuration;
    super(scope, id, { description: 'The rotation of the secret between the edge and the APIs.', ...props });
    const rotation = new OriginSecretRotation(this, 'OriginSecret', {
      secret: data.secrets.origin.secret,
      headerName: requestHeaders.originSecret,
      distributionId: edge.distribution.distributionId,
      webAclArn: edge.webAclArn,
      everyDays,
      code: bundles.lambda('origin-rotation'),
      vpc: network.vpc,
      securityGroup: network.securityGroups.functions.originRotation,
      logRetention: logRetention(environment),
      removalPolicy: removalPolicy(environment),
    });
    new FunctionAlarms(this, 'Alarms', {
      topic: alerts.warnings,
      suppressedBy: alerts.dependencyDown,
      name: 'origin-rotation',
      function: rotation.function,
      minCalls: 1,
    });
  }
}
