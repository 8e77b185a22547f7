import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Alias,
  Architecture,
  type Code,
  type IFunction,
  type IVersion,
  Function as LambdaFunction,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from '../common/acknowledgements.ts';
import { type ProvisionedConcurrency, scaleProvisionedConcurrency } from './provisioned-concurrency.ts';

export interface GatewayFunctionProps {
  readonly description: string;
  /** A folder with `index.mjs`, which exports `handler`. */
  readonly code: Code;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMiB: number;
  readonly timeout: Duration;
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
  readonly logRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
  /** @default - unreserved concurrency of the account */
  readonly reservedConcurrency?: number | undefined;
  /** Provisioned concurrency of the alias `live`. @default - none */
  readonly provisionedConcurrency?: ProvisionedConcurrency | undefined;
}

/** A Lambda function of the gateway: Node 24 on Graviton, inside the VPC, traced, with log retention. */
export class GatewayFunction extends Construct {
  readonly function: IFunction;
  /** Alias that callers invoke; each deployment moves it to the new version. */
  readonly live: IFunction;
  /** Execution role. */
  readonly role: IRole;
  /** Timeout of the function, for alarms. */
  readonly timeout: Duration;
  readonly reservedConcurrency: number | undefined;
  readonly hasProvisionedConcurrency: boolean;

  constructor(scope: Construct, id: string, props: GatewayFunctionProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', {
      retention: props.logRetention,
      removalPolicy: props.removalPolicy,
    });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    acknowledge(
      role,
      'IAM5[Resource::*]',
      'Network interfaces have no name before Lambda creates them, and X-Ray has no resources: the actions of these ' +
        'two, which the policy lists one by one, cannot be narrowed.',
    );
    logGroup.grantWrite(role);
    role.addToPolicy(new PolicyStatement({ actions: networkInterfaceActions, resources: ['*'] }));

    const lambda = new LambdaFunction(this, 'Function', {
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: props.code,
      environment: { ...props.environment },
      memorySize: props.memoryMiB,
      timeout: props.timeout,
      role,
      logGroup,
      tracing: Tracing.ACTIVE,
      vpc: props.vpc,
      securityGroups: [props.securityGroup],
      ...(props.reservedConcurrency === undefined
        ? {}
        : { reservedConcurrentExecutions: props.reservedConcurrency }),
    });
    const live = new Alias(this, 'Live', {
      aliasName: 'live',
      version: lambda.currentVersion as IVersion,
      ...(props.provisionedConcurrency === undefined
        ? {}
        : { provisionedConcurrentExecutions: props.provisionedConcurrency.min }),
    });
    if (props.provisionedConcurrency !== undefined)
      scaleProvisionedConcurrency(live, props.provisionedConcurrency);
    this.function = lambda;
    this.live = live as IFunction;
    this.role = role;
    this.timeout = props.timeout;
    this.reservedConcurrency = props.reservedConcurrency;
    this.hasProvisionedConcurrency = props.provisionedConcurrency !== undefined;
  }
}

/**
 * Actions that Lambda needs to connect the function to the VPC. The managed policy AWSLambdaVPCAccessExecutionRole allows the
 * same, and writing to all log groups.
 */
const networkInterfaceActions = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];
