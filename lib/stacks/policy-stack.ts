import { Duration, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { runtimePolicyNames } from '../compile/runtime-policy-names.ts';
import { runtimePolicyJsonSchema } from '../compile/runtime-policy-schema.ts';
import type { Configuration } from '../config/index.ts';
import type { Bundles } from '../features/functions/bundles.ts';
import { FunctionAlarms } from '../features/functions/function-alarms.ts';
import { GatewayFunction } from '../features/functions/gateway-function.ts';
import { UsagePlanSync } from '../features/partner-api/usage-plan-sync.ts';
import { RuntimePolicyDelivery } from '../features/policy/runtime-policy-delivery.ts';
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

/** The runtime policy, which operators change at run time: its validator, its delivery, and the sync of usage plans. */
export class PolicyStack extends GatewayStack {
  constructor(
    scope: Construct,
    id: string,
    { configuration, bundles, network, alerts, api, partner, observability, ...props }: PolicyStackProps,
  ) {
    const { environment } = configuration;
    super(scope, id, {
      description: 'The runtime policy: AppConfig, its validators and its deployment strategies.',
      terminationProtection: isDeletionProtected(environment),
      ...props,
    });
    const validator = new GatewayFunction(this, 'PolicyValidator', {
      description: 'Refuses a runtime policy that the authorizer cannot read, or that names unknown entries.',
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
    const planSync = new UsagePlanSync(this, 'UsagePlanSync', {
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
        suppressedBy: alerts.dependencyDown,
        name,
        function: watched,
        minCalls: 1,
      });
    }
    new RuntimePolicyDelivery(this, 'RuntimePolicy', {
      names,
      schema: runtimePolicyJsonSchema(),
      validator: validator.function,
      alarms: observability.policyRollbackAlarms,
      readers: [api.authFunction.role, planSync.function.role],
      deploymentHook: planSync.function.live,
      removalPolicy: removalPolicy(environment),
    });
  }
}
