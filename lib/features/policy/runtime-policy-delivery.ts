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
  /** JSON schema of draft 4, which every document must meet. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Refuses a document by failing. It is asked after the schema. */
  readonly validator: IFunction;
  /** Each of them, when it is raised while a document is rolled out, takes the document back. */
  readonly alarms: readonly IAlarm[];
  /** Who reads the document. */
  readonly readers: readonly IRole[];
  /** Told of a document that is deployed, and of one that was taken back. */
  readonly deploymentHook: IFunction;
  readonly removalPolicy: RemovalPolicy;
}

const appConfig = new ServicePrincipal('appconfig.amazonaws.com');

/**
 * What carries the operators' document to running functions. No document is made here: a deployment of the templates
 * must not overwrite what operators have settled.
 */
export class RuntimePolicyDelivery extends Construct {
  constructor(
    scope: Construct,
    id: string,
    {
      names,
      schema,
      validator,
      alarms,
      readers,
      deploymentHook: told,
      removalPolicy,
    }: RuntimePolicyDeliveryProps,
  ) {
    super(scope, id);
    const application = new Application(this, 'Application', {
      applicationName: names.application,
      description: 'What operators change while the gateway runs.',
    });
    const profile = new CfnConfigurationProfile(this, 'Profile', {
      applicationId: application.applicationId,
      name: names.profile,
      description:
        'Plans, clients, cohorts, addresses, maintenance and switches, over those of the catalogue.',
      locationUri: 'hosted',
      type: 'AWS.Freeform',
      validators: [
        { type: 'JSON_SCHEMA', content: JSON.stringify(schema) },
        { type: 'LAMBDA', content: validator.functionArn },
      ],
    });
    new CfnPermission(this, 'Validate', {
      action: 'lambda:InvokeFunction',
      functionName: validator.functionArn,
      principal: appConfig.service,
      sourceAccount: Stack.of(this).account,
    });

    const watcher = new Role(this, 'AlarmReader', { assumedBy: appConfig });
    watcher.addToPolicy(
      new PolicyStatement({
        actions: ['cloudwatch:DescribeAlarms'],
        resources: alarms.map(({ alarmArn }) => alarmArn),
      }),
    );
    const environment = new Environment(this, 'Environment', {
      application,
      environmentName: names.environment,
      description: 'The running functions. An alarm takes back the document that is being rolled out.',
      monitors: alarms.map((alarm) => Monitor.fromCloudWatchAlarm(alarm, watcher)),
    });

    notifyOnDeployment(this, { name: `${names.application}-deployed`, environment, told });

    new DeploymentStrategy(this, 'Emergency', {
      deploymentStrategyName: names.emergency,
      description: 'To all functions at once, and no alarm takes it back.',
      rolloutStrategy: RolloutStrategy.linear({
        growthFactor: 100,
        deploymentDuration: Duration.minutes(0),
        finalBakeTime: Duration.minutes(0),
      }),
    });
    new DeploymentStrategy(this, 'Staged', {
      deploymentStrategyName: names.staged,
      description:
        'To a fifth of the functions every two minutes, then ten more under the eyes of the alarms.',
      rolloutStrategy: RolloutStrategy.linear({
        growthFactor: 20,
        deploymentDuration: Duration.minutes(10),
        finalBakeTime: Duration.minutes(10),
      }),
    });

    // Here and not with the role: the role's stack is deployed before the alarms, and the alarms before this.
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

    for (const [logicalId, keeper] of Object.entries({
      RuntimePolicyApplication: application,
      RuntimePolicyEnvironment: environment,
      RuntimePolicyProfile: profile,
    })) {
      pinLogicalId(keeper, logicalId);
    }
    profile.applyRemovalPolicy(removalPolicy);
    application.applyRemovalPolicy(removalPolicy);
    environment.applyRemovalPolicy(removalPolicy);
  }
}

/** The L1s, because the L2 cannot name two action points of one function. */
function notifyOnDeployment(
  scope: Construct,
  {
    name,
    environment,
    told,
  }: { readonly name: string; readonly environment: Environment; readonly told: IFunction },
): void {
  const role = new Role(scope, 'DeploymentHookRole', { assumedBy: appConfig });
  role.addToPolicy(
    new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [told.functionArn] }),
  );
  const action = [{ Name: 'invoke-deployment-hook', Uri: told.functionArn, RoleArn: role.roleArn }];
  const extension = new CfnExtension(scope, 'DeploymentHook', {
    name,
    description: 'Calls a function once a document is in force everywhere, and once it was taken back.',
    actions: { ON_DEPLOYMENT_COMPLETE: action, ON_DEPLOYMENT_ROLLED_BACK: action },
  });
  new CfnExtensionAssociation(scope, 'DeploymentHookAssociation', {
    extensionIdentifier: extension.attrArn,
    extensionVersionNumber: extension.attrVersionNumber,
    resourceIdentifier: environment.environmentArn,
  });
}
