import { embeddedMetrics, type MetricSet } from '../../../runtime/logging/metrics.ts';
import type { MetricName } from '../contract.ts';
import type { PolicyHealth } from '../policy/policy-source.ts';
import type { Decision, DecisionTelemetry } from './decision.ts';

type Counts = Partial<Record<MetricName, number>>;

/**
 * One line of metrics of a decision. Dimensions have few values: the environment, the decision, the limit's
 * name. Reason, route and service are fields of the line, for Logs Insights; the caller is in neither.
 *
 * @param now Milliseconds since the epoch.
 */
export function decisionMetrics(
  { context, telemetry }: Decision,
  environment: string,
  policyHealth: PolicyHealth,
  now: number,
): string {
  const { decision, reason, route, service, policyVersion } = context;
  const limit = telemetry.limits?.closest;
  const shadowLimit = telemetry.limits?.overInShadow;
  const occurrences = { ...occurrencesOf(telemetry), ...occurrencesOfPolicy(policyHealth) };
  const sets: MetricSet[] = [{ dimensions: ['environment', 'decision'], counts: { Decisions: 1 } }];
  if (limit !== undefined) {
    const counts: Counts = limit.isOver ? { OverLimit: 1 } : { NearLimit: 1 };
    sets.push({ dimensions: ['environment', 'limit'], counts });
  }
  if (shadowLimit !== undefined) {
    sets.push({ dimensions: ['environment', 'shadowLimit'], counts: { ShadowOverLimit: 1 } });
  }
  if (Object.keys(occurrences).length > 0) sets.push({ dimensions: ['environment'], counts: occurrences });
  return embeddedMetrics(
    sets,
    {
      environment,
      decision,
      reason,
      route,
      service,
      policyVersion,
      ...(policyHealth.ageSeconds === undefined ? {} : { policyAgeSeconds: policyHealth.ageSeconds }),
      ...(limit === undefined ? {} : { limit: limit.name }),
      ...(shadowLimit === undefined ? {} : { shadowLimit }),
    },
    now,
  );
}

function occurrencesOf({ limitStoreFailure: storeFailure, limits, rebuild }: DecisionTelemetry): Counts {
  return {
    ...(storeFailure === undefined ? {} : { LimitStoreFailures: 1 }),
    ...(storeFailure?.timedOut === true ? { LimitStoreTimeouts: 1 } : {}),
    // Limits were evaluated although the limit store has failed, so by the local limiter.
    ...(storeFailure !== undefined && limits !== undefined ? { FailOpen: 1 } : {}),
    ...(rebuild === 'rebuilt' ? { QuotasRebuilt: 1 } : {}),
    ...(rebuild === 'failed' ? { QuotaRebuildFailures: 1 } : {}),
  };
}

function occurrencesOfPolicy({ refused, failedPolls }: PolicyHealth): Counts {
  return {
    ...(refused > 0 ? { RuntimePoliciesRejected: refused } : {}),
    ...(failedPolls > 0 ? { RuntimePolicyPollFailures: failedPolls } : {}),
  };
}
