import { type Quota, quotaList } from './quota-list.ts';
import type { RegionResources } from './region-resources.ts';

/** One quota, compared with the need of a region's templates. */
export interface QuotaResult {
  readonly region: string;
  readonly service: string;
  readonly quota: string;
  readonly need: number;
  readonly default: number;
  /** `near`: more than 80 % of the quota. `short`: more than the quota. */
  readonly state: 'enough' | 'near' | 'short';
  /** What the shortage of a new account does; absent if the default is enough. */
  readonly effect?: 'blocks the deployment' | 'limits traffic';
  /** Value to request from AWS, with 25 % headroom; absent if the default is enough. */
  readonly requestValue?: number;
  /** Code in Service Quotas, if it has one. */
  readonly code?: string;
  /** Service code in Service Quotas. */
  readonly serviceCode?: string;
  /** Alternative if AWS does not raise the quota. */
  readonly instead?: string;
  readonly source: string;
}

const severity = { short: 0, near: 1, enough: 2 };

/** All quotas that the regions use, insufficient ones first. */
export function evaluateQuotas(regions: readonly RegionResources[]): QuotaResult[] {
  return regions
    .flatMap((region) => quotaList.flatMap((quota) => evaluateQuota(quota, region)))
    .sort((a, b) => severity[a.state] - severity[b.state]);
}

function evaluateQuota(quota: Quota, region: RegionResources): QuotaResult[] {
  const need = quota.need(region);
  if (need === 0) return [];
  const byDefault = typeof quota.byDefault === 'number' ? quota.byDefault : quota.byDefault(region);
  const state = need > byDefault ? 'short' : need > byDefault * 0.8 ? 'near' : 'enough';
  const blocks = (quota.needAtFirst?.(region) ?? need) > byDefault;
  const effect: QuotaResult['effect'] = blocks ? 'blocks the deployment' : 'limits traffic';
  const judged = {
    region: region.region,
    service: quota.service,
    quota: quota.name,
    need,
    ...(state === 'short' ? { effect } : {}),
  } as const;
  const said = { ...judged, default: byDefault, state, source: quota.source } as const;
  if ('instead' in quota.raise) {
    return [state === 'enough' ? said : { ...said, instead: quota.raise.instead }];
  }
  return [{ ...said, ...quota.raise, ...(state === 'enough' ? {} : { requestValue: roundUp(need * 1.25) }) }];
}

/** Rounds up to two digits: 1 375 becomes 1 400. */
function roundUp(amount: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(amount)) - 1);
  return Math.ceil(amount / step) * step;
}
