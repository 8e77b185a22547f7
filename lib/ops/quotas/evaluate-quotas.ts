import { type Quota, quotaList } from './quota-list.ts';
import type { RegionResources } from './region-resources.ts';

/** One quota held against what a region's templates need. */
export interface QuotaResult {
  readonly region: string;
  readonly service: string;
  readonly quota: string;
  readonly need: number;
  readonly default: number;
  /** `near` is more than four fifths of it, `short` more than all of it. */
  readonly state: 'enough' | 'near' | 'short';
  /** What to ask AWS for, with room for a quarter more; left out where the default is enough. */
  readonly requestValue?: number;
  /** By which Service Quotas knows it, where it does. */
  readonly code?: string;
  /** Its service there. */
  readonly serviceCode?: string;
  /** What to do where AWS raises nothing. */
  readonly instead?: string;
  readonly source: string;
}

const severity = { short: 0, near: 1, enough: 2 };

/** Every quota that the regions need something of, those that are short first. */
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
  const judged = { region: region.region, service: quota.service, quota: quota.name, need };
  const said = { ...judged, default: byDefault, state, source: quota.source } as const;
  if ('instead' in quota.raise) {
    return [state === 'enough' ? said : { ...said, instead: quota.raise.instead }];
  }
  return [{ ...said, ...quota.raise, ...(state === 'enough' ? {} : { requestValue: roundUp(need * 1.25) }) }];
}

/** To two digits, as people ask for things: 1 375 is 1 400. */
function roundUp(amount: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(amount)) - 1);
  return Math.ceil(amount / step) * step;
}
