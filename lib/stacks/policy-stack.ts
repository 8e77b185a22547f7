import { Duration, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Bundles } from '../bundles.ts';
import type { Configuration } from '../config/index.ts';
import { FunctionAlarms } from '../constructs/function-alarms.ts';
import { PlanSync } from '../constructs/plan-sync.ts';
import { RuntimePolicy } from '../constructs/runtime-policy.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import { runtimePolicyNames } from '../runtime-policy-names.ts';
import { runtimePolicyJsonSchema } from '../runtime-policy-schema.ts';
import type { AlertsStack } from './alerts-stack.ts';
import type { ApiStack } from './api-stack.ts';
import { GatewayStack } from './gateway-stack.ts';
import type { NetworkStack } from './network-stack.ts';
import type { ObservabilityStack } from './observability-stack.ts';
import type { PartnerStack } from './partner-stack.ts';
import { isDeletionProtected, logRetention, removalPolicy } from './settings.ts';

export interface PolicyStackProps extends StackProps {
  readonly configuration: Configuration;
  readonly bundles: Bundles;
  readonly network: NetworkStack;
  readonly alerts: AlertsStack;
  readonly api: ApiStack;
  readonly partner: PartnerStack;
  readonly observability: ObservabilityStack;
}

/** What operators change at run time: the way of their document to the authorizer, and who checks it on the way. */
export class PolicyStack extends GatewayStack {
  constructor(
    scope: Construct,
    id: string,
    { configuration, bundles, network, alerts, api, partner, observability, ...props }: PolicyStackProps,
  ) {
    const { environment } = configuration;
    super(scope, id, {
      description: 'The runtime policy: AppConfig, its validators and its strategies.',
      terminationProtection: isDeletionProtected(environment),
      ...props,
    });
    const validator = new ServiceFunction(this, 'Validator', {
      description:
        'Refuses a runtime policy that the authorizer could not take, or that names what is not there.',
      code: bundles.lambda('policy-validator'),
      environment: {},
      memoryMiB: 256,
      // AppConfig waits 15 s for a validator.
      timeout: Duration.seconds(10),
      vpc: network.vpc,
      securityGroup: network.securityGroups.functions.policyValidator,
      logRetention: logRetention(environment),
      removalPolicy: removalPolicy(environment),
    });
    const names = runtimePolicyNames(environment.name);
    const planSync = new PlanSync(this, 'PartnerPlans', {
      code: bundles.lambda('partner-plans'),
      environmentName: environment.name,
      runtimePolicy: `${names.application}/${names.environment}/${names.profile}`,
      usagePlanIds: partner.usagePlanIds,
      vpc: network.vpc,
      securityGroup: network.securityGroups.functions.partnerPlans,
      logRetention: logRetention(environment),
      removalPolicy: removalPolicy(environment),
    });
    for (const [name, watched] of Object.entries({
      'policy-validator': validator,
      'partner-plans': planSync.function,
    })) {
      new FunctionAlarms(this, `Function-${name}`, {
        topic: alerts.warnings,
        toldBy: alerts.beneath,
        name,
        function: watched,
        minCalls: 1,
      });
    }
    new RuntimePolicy(this, 'RuntimePolicy', {
      names,
      schema: runtimePolicyJsonSchema(),
      validator: validator.function,
      alarms: observability.policyAlarms,
      readers: [api.authFunction.role, planSync.function.role],
      told: planSync.function.live,
      removalPolicy: removalPolicy(environment),
    });
  }
}
