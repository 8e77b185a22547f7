import { Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  Application,
  CfnConfigurationProfile,
  CfnExtension,
  CfnExtensionAssociation,
  DeploymentStrategy,
  Environment,
  Monitor,
  RolloutStrategy,
} from 'aws-cdk-lib/aws-appconfig';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { type IRole, Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnPermission, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { RuntimePolicyNames } from '../../compile/runtime-policy-names.ts';
import { pinLogicalId } from '../common/logical-id.ts';

export interface RuntimePolicyDeliveryProps {
  readonly names: RuntimePolicyNames;
  /** JSON schema (draft 4) that AppConfig checks each document with. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Function that AppConfig calls after the schema check; it refuses a document by throwing. */
  readonly validator: IFunction;
  /** Alarms that roll a document back when they are raised during its deployment. */
  readonly alarms: readonly IAlarm[];
  /** Execution roles of the functions that read the document. */
  readonly readers: readonly IRole[];
  /** Function that AppConfig calls after a deployment and after a rollback. */
  readonly deploymentHook: IFunction;
  readonly removalPolicy: RemovalPolicy;
}

const appConfig = new ServicePrincipal('appconfig.amazonaws.com');

/**
 * AppConfig application, environment and profile that deliver the runtime policy to running functions. The template has no
 * document: a deployment of the stacks must not overwrite the document of the operators.
 */
export class RuntimePolicyDelivery extends Construct {
  constructor(scope: Construct, id: string, props: RuntimePolicyDeliveryProps) {
    super(scope, id);
    const { names, readers, deploymentHook, removalPolicy } = props;
    const application = new Application(this, 'Application', {
      applicationName: names.application,
      description: 'The runtime policy, which operators change while the gateway runs.',
    });
    const profile = addProfile(this, application, props);
    const environment = addEnvironment(this, application, props);
    callOnDeployment(this, { name: `${names.application}-deployed`, environment, deploymentHook });
    addDeploymentStrategies(this, names);

    // In this stack, not in the role's: the role's stack is deployed before the alarms, and the alarms before this stack.
    new Policy(this, 'Read', {
      roles: [...readers],
      statements: [
        new PolicyStatement({
          actions: ['appconfig:StartConfigurationSession', 'appconfig:GetLatestConfiguration'],
          resources: [
            Stack.of(this).formatArn({
              service: 'appconfig',
              resource: 'application',
              resourceName: `${application.applicationId}/environment/${environment.environmentId}/configuration/${profile.ref}`,
            }),
          ],
        }),
      ],
    });

    pinLogicalId(application, 'RuntimePolicyApplication');
    pinLogicalId(environment, 'RuntimePolicyEnvironment');
    pinLogicalId(profile, 'RuntimePolicyProfile');
    profile.applyRemovalPolicy(removalPolicy);
    application.applyRemovalPolicy(removalPolicy);
    environment.applyRemovalPolicy(removalPolicy);
  }
}

function addProfile(
  scope: Construct,
  application: Application,
  { names, schema, validator }: RuntimePolicyDeliveryProps,
): CfnConfigurationProfile {
  new CfnPermission(scope, 'Validate', {
    action: 'lambda:InvokeFunction',
    functionName: validator.functionArn,
    principal: appConfig.service,
    sourceAccount: Stack.of(scope).account,
  });
  return new CfnConfigurationProfile(scope, 'Profile', {
    applicationId: application.applicationId,
    name: names.profile,
    description:
      'Plans, clients, cohorts, address lists, maintenance and switches. They override those of the catalogue.',
    locationUri: 'hosted',
    type: 'AWS.Freeform',
    validators: [
      { type: 'JSON_SCHEMA', content: JSON.stringify(schema) },
      { type: 'LAMBDA', content: validator.functionArn },
    ],
  });
}

function addEnvironment(
  scope: Construct,
  application: Application,
  { names, alarms }: RuntimePolicyDeliveryProps,
): Environment {
  const alarmReader = new Role(scope, 'AlarmReader', { assumedBy: appConfig });
  alarmReader.addToPolicy(
    new PolicyStatement({
      actions: ['cloudwatch:DescribeAlarms'],
      resources: alarms.map(({ alarmArn }) => alarmArn),
    }),
  );
  return new Environment(scope, 'Environment', {
    application,
    environmentName: names.environment,
    description: 'The running functions. An alarm rolls back the document that is being deployed.',
    monitors: alarms.map((alarm) => Monitor.fromCloudWatchAlarm(alarm, alarmReader)),
  });
}

function addDeploymentStrategies(scope: Construct, names: RuntimePolicyNames): void {
  new DeploymentStrategy(scope, 'Emergency', {
    deploymentStrategyName: names.emergency,
    description: 'All functions at once, without rollback by alarms.',
    rolloutStrategy: RolloutStrategy.linear({
      growthFactor: 100,
      deploymentDuration: Duration.minutes(0),
      finalBakeTime: Duration.minutes(0),
    }),
  });
  new DeploymentStrategy(scope, 'Staged', {
    deploymentStrategyName: names.staged,
    description:
      '20 % of the functions every two minutes, then ten minutes of bake time with rollback by alarms.',
    rolloutStrategy: RolloutStrategy.linear({
      growthFactor: 20,
      deploymentDuration: Duration.minutes(10),
      finalBakeTime: Duration.minutes(10),
    }),
  });
}

interface DeploymentHookProps {
  readonly name: string;
  readonly environment: Environment;
  readonly deploymentHook: IFunction;
}

/** AppConfig calls a function after a deployment and after a rollback. L1s, because the L2 allows one action point per function. */
function callOnDeployment(
  scope: Construct,
  { name, environment, deploymentHook }: DeploymentHookProps,
): void {
  const role = new Role(scope, 'DeploymentHookRole', { assumedBy: appConfig });
  role.addToPolicy(
    new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [deploymentHook.functionArn] }),
  );
  const action = [{ Name: 'invoke-deployment-hook', Uri: deploymentHook.functionArn, RoleArn: role.roleArn }];
  const extension = new CfnExtension(scope, 'DeploymentHook', {
    name,
    description: 'Calls a function after each deployment of a document and after each rollback.',
    actions: { ON_DEPLOYMENT_COMPLETE: action, ON_DEPLOYMENT_ROLLED_BACK: action },
  });
  new CfnExtensionAssociation(scope, 'DeploymentHookAssociation', {
    extensionIdentifier: extension.attrArn,
    extensionVersionNumber: extension.attrVersionNumber,
    resourceIdentifier: environment.environmentArn,
  });
}
