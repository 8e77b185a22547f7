import type { Deployment } from '../../engine/assembly.ts';
import { readResources } from '../../engine/resource-type.ts';
import { UnsupportedFeatures } from '../../engine/unsupported.ts';
import { tokenBucket } from '../http-api/throttle.ts';
import { apiKeyType, usagePlanKeyType, usagePlanType } from './rest-api-resources.ts';

/** The throttle and the quota of a plan; undefined when the plan has none. */
export interface UsagePlanLimits {
  readonly throttle?: { readonly rateLimit: number; readonly burstLimit: number } | undefined;
  readonly quota?: { readonly limit: number; readonly period: string } | undefined;
}

/** The result of the check of an API key. */
export type KeyCheck =
  | { readonly kind: 'admitted' | 'throttled' | 'quota'; readonly keyId: string }
  /** The key is unknown, disabled, or not in a plan of this API. */
  | { readonly kind: 'unknown' };

/** An API key with its value. */
export interface NamedKey {
  readonly name: string;
  readonly value: string;
}

/**
 * The usage plans of the templates and their API keys. Each key has a token bucket with the rate of its plan, and a
 * count per calendar month (UTC). The count stays when the plan changes.
 */
export class UsagePlans {
  readonly #plans: Map<string, Plan>;
  readonly #keys: readonly Key[];
  readonly #now: () => number;

  /** @param values returns the value of a key by name, when the template sets none. @throws {UnsupportedError} */
  constructor(deployment: Deployment, values: (name: string) => string, now: () => number) {
    const findings = new UnsupportedFeatures();
    this.#now = now;
    const idOf = (reference: string) => deployment.byReference(reference)?.id ?? '';
    this.#plans = new Map(
      readResources(deployment, usagePlanType, findings).map(({ resource, properties }) => [
        resource.id,
        {
          apiIds: properties.ApiStages.map(({ ApiId }) => idOf(ApiId)),
          terms: {
            throttle: properties.Throttle && {
              rateLimit: properties.Throttle.RateLimit,
              burstLimit: properties.Throttle.BurstLimit,
            },
            quota: properties.Quota && { limit: properties.Quota.Limit, period: properties.Quota.Period },
          },
          version: 0,
        },
      ]),
    );
    const planOf = new Map(
      readResources(deployment, usagePlanKeyType, findings).map(({ properties }) => [
        idOf(properties.KeyId),
        idOf(properties.UsagePlanId),
      ]),
    );
    this.#keys = readResources(deployment, apiKeyType, findings).map(({ resource, properties }) => ({
      id: resource.id,
      name: properties.Name,
      value: properties.Value ?? values(properties.Name),
      enabled: properties.Enabled,
      planId: planOf.get(resource.id) ?? '',
      bucket: { planVersion: -1, admit: () => true },
      used: { month: '', count: 0 },
    }));
    findings.throwIfAny();
  }

  /** All keys that are in a plan. */
  get keys(): readonly NamedKey[] {
    return this.#keys.filter(({ planId }) => this.#plans.has(planId));
  }

  /** The throttle and quota of a plan; undefined when the plan does not exist. */
  read(id: string): UsagePlanLimits | undefined {
    return this.#plans.get(id)?.terms;
  }

  /** Replaces the throttle and quota of a plan. */
  write(id: string, terms: UsagePlanLimits): void {
    const plan = this.#plans.get(id);
    if (plan !== undefined) this.#plans.set(id, { ...plan, terms, version: plan.version + 1 });
  }

  /** Checks the key of one call and counts an admitted call. A throttled call does not count towards the quota. */
  check(apiId: string, value: string): KeyCheck {
    const key = this.#keys.find((candidate) => candidate.value === value);
    const plan = this.#plans.get(key?.planId ?? '');
    if (key?.enabled !== true || plan?.apiIds.includes(apiId) !== true) return { kind: 'unknown' };
    if (!this.#admits(key, plan)) return { kind: 'throttled', keyId: key.id };
    const month = new Date(this.#now()).toISOString().slice(0, 'yyyy-mm'.length);
    if (key.used.month !== month) key.used = { month, count: 0 };
    if (plan.terms.quota !== undefined && key.used.count >= plan.terms.quota.limit) {
      return { kind: 'quota', keyId: key.id };
    }
    key.used.count += 1;
    return { kind: 'admitted', keyId: key.id };
  }

  #admits(key: Key, { terms, version }: Plan): boolean {
    if (terms.throttle === undefined) return true;
    if (key.bucket.planVersion !== version) {
      const { rateLimit, burstLimit } = terms.throttle;
      key.bucket = { planVersion: version, admit: tokenBucket(rateLimit, burstLimit, this.#now) };
    }
    return key.bucket.admit();
  }
}

interface Plan {
  readonly apiIds: readonly string[];
  readonly terms: UsagePlanLimits;
  /** The number of changes. */
  readonly version: number;
}

interface Key extends NamedKey {
  readonly id: string;
  readonly enabled: boolean;
  /** Empty when the key is in no plan. */
  readonly planId: string;
  bucket: { readonly planVersion: number; readonly admit: () => boolean };
  used: { readonly month: string; count: number };
}
