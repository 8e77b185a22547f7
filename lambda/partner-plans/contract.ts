/** The contract between the Lambda that syncs native usage plans and the templates. Imports nothing. */

/** The file beside the bundle that holds the catalogue's plans, by name. */
export const plansFileName = 'plans.json';

/** Names of the function's environment variables. */
export const env = {
  /** AppConfig's application, environment and profile of the runtime policy, joined by slashes. */
  runtimePolicy: 'RUNTIME_POLICY',
  /** JSON: ids of the usage plans by the name of the plan. */
  usagePlans: 'USAGE_PLANS',
  /** Name of the gateway's environment: the dimension of the metric. */
  environment: 'GATEHOUSE_ENVIRONMENT',
} as const;

/** Plans of the catalogue that are not known to equal their usage plan after a run of the function. */
export const driftMetric = 'PartnerPlanDrift';

/** The terms of a plan that apply to a usage plan. Bytes do not: AWS counts requests only. */
export interface PlanLimits {
  readonly requestsPerMonth: number | null;
  readonly rate?:
    | { readonly requests: number; readonly periodSeconds: number; readonly burst: number }
    | undefined;
}

/** The terms in the form of a usage plan. Null is unlimited. */
export interface UsagePlanSettings {
  readonly throttle: { readonly rateLimit: number; readonly burstLimit: number } | null;
  readonly quota: { readonly limit: number; readonly period: 'MONTH' } | null;
}

/** Limits and bursts of usage plans are integers of 32 bits; a higher number has the same effect. */
const maxUsagePlanLimit = 2 ** 31 - 1;

/** The rate is per second, and may be a fraction; ten digits are precise enough. */
export function usagePlanSettings({ requestsPerMonth, rate }: PlanLimits): UsagePlanSettings {
  return {
    throttle:
      rate === undefined
        ? null
        : {
            rateLimit: Number((rate.requests / rate.periodSeconds).toPrecision(10)),
            burstLimit: Math.min(rate.burst, maxUsagePlanLimit),
          },
    quota:
      requestsPerMonth === null
        ? null
        : { limit: Math.min(requestsPerMonth, maxUsagePlanLimit), period: 'MONTH' },
  };
}
