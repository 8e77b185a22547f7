import { ApiKey, type IRestApi, Period, type RestApi, UsagePlan } from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import {
  type PlanLimits,
  type UsagePlanSettings,
  usagePlanSettings,
} from '../../../lambda/partner-plans/contract.ts';

export interface PartnerUsagePlansProps {
  /** Prefix of the names of plans and keys. */
  readonly name: string;
  readonly restApi: RestApi;
  readonly plans: Readonly<Record<string, PlanLimits>>;
  /** API keys, each with the name of its plan. */
  readonly keys: Readonly<Record<string, { readonly plan: string }>>;
}

/**
 * The catalogue's plans as usage plans of the REST API, and their API keys. AWS applies usage plans on a best-effort basis: a
 * key may exceed its rate or quota a little.
 */
export class PartnerUsagePlans extends Construct {
  /** Ids of the usage plans, by the name of the plan. */
  readonly ids: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, { name, restApi, plans, keys }: PartnerUsagePlansProps) {
    super(scope, id);
    const usagePlans = Object.fromEntries(
      Object.entries(plans).map(([plan, terms]) => [
        plan,
        new UsagePlan(this, plan, {
          name: `${name}-${plan}`,
          description: `The plan "${plan}" at the partner API.`,
          apiStages: [{ api: restApi as IRestApi, stage: restApi.deploymentStage }],
          ...limitsOf(usagePlanSettings(terms)),
        }),
      ]),
    );
    for (const [key, { plan }] of Object.entries(keys)) {
      const apiKey = new ApiKey(this, `Key-${key}`, {
        apiKeyName: `${name}-${key}`,
        description: `A partner's key in the plan "${plan}".`,
      });
      usagePlans[plan]?.addApiKey(apiKey);
    }
    this.ids = Object.fromEntries(
      Object.entries(usagePlans).map(([plan, { usagePlanId }]) => [plan, usagePlanId]),
    );
  }
}

function limitsOf({ throttle, quota }: UsagePlanSettings) {
  return {
    ...(throttle === null ? {} : { throttle }),
    ...(quota === null ? {} : { quota: { limit: quota.limit, period: Period.MONTH } }),
  };
}
