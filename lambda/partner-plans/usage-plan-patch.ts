import type { UsagePlanSettings } from './contract.ts';

/** One operation of `UpdateUsagePlan` ("Patch operations", API Gateway API reference). */
export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: string;
}

/**
 * The operations that turn one usage plan into another; empty when they are equal. This month's usage is
 * kept.
 */
export function patchOperations(is: UsagePlanSettings, wanted: UsagePlanSettings): PatchOperation[] {
  return [...part('/throttle', is.throttle, wanted.throttle), ...part('/quota', is.quota, wanted.quota)];
}

type Part = Readonly<Record<string, string | number>>;

function part(path: string, is: Part | null, wanted: Part | null): PatchOperation[] {
  if (wanted === null) return is === null ? [] : [{ op: 'remove', path }];
  return Object.entries(wanted)
    .filter(([name, value]) => is?.[name] !== value)
    .map(([name, value]) => ({
      op: is === null ? 'add' : 'replace',
      path: `${path}/${name}`,
      value: String(value),
    }));
}
