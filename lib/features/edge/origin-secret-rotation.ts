import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnRotationSchedule, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { env } from '../../../lambda/origin-rotation/contract.ts';
import { GatewayFunction, type GatewayFunctionProps } from '../functions/gateway-function.ts';

export interface OriginSecretRotationProps
  extends Pick<GatewayFunctionProps, 'code' | 'vpc' | 'securityGroup' | 'logRetention' | 'removalPolicy'> {
  readonly secret: ISecret;
  /** Header that the distribution sends the secret in. */
  readonly headerName: string;
  readonly distributionId: string;
  /** Web ACL of the distribution: an update names it, and CloudFront checks that the caller may use it. */
  readonly webAclArn: string;
  readonly everyDays: number;
}

/** Rotates the origin secret on a schedule, and updates the distribution to send the new value. */
export class OriginSecretRotation extends Construct {
  readonly function: GatewayFunction;

  constructor(scope: Construct, id: string, props: OriginSecretRotationProps) {
    super(scope, id);
    const { secret, headerName, distributionId, webAclArn, everyDays, ...functionDefaults } = props;
    this.function = new GatewayFunction(this, 'Rotation', {
      ...functionDefaults,
      description: 'Creates a new origin secret, and updates the distribution to send it.',
      environment: { [env.distributionId]: distributionId, [env.headerName]: headerName },
      memoryMiB: 256,
      timeout: Duration.minutes(1),
    });
    const { live, role } = this.function;
    role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: [
          'secretsmanager:DescribeSecret',
          'secretsmanager:GetSecretValue',
          'secretsmanager:PutSecretValue',
          'secretsmanager:UpdateSecretVersionStage',
        ],
        resources: [secret.secretFullArn ?? secret.secretArn],
      }),
    );
    role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: [
          'cloudfront:GetDistribution',
          'cloudfront:GetDistributionConfig',
          'cloudfront:UpdateDistribution',
        ],
        resources: [
          Stack.of(this).formatArn({
            service: 'cloudfront',
            region: '',
            resource: 'distribution',
            resourceName: distributionId,
          }),
        ],
      }),
    );
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['wafv2:GetWebACL'], resources: [webAclArn] }));
    live.addPermission('SecretsManager', {
      principal: new ServicePrincipal('secretsmanager.amazonaws.com'),
      sourceAccount: Stack.of(this).account,
    });
    const schedule = new CfnRotationSchedule(this, 'Schedule', {
      secretId: secret.secretArn,
      rotationLambdaArn: live.functionArn,
      rotationRules: { automaticallyAfterDays: everyDays },
      // A deployment of the edge may still be in progress.
      rotateImmediatelyOnUpdate: false,
    });
    schedule.node.addDependency(live, role);
  }
}
