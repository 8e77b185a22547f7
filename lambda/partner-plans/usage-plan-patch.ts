import type { UsagePlanSettings } from './contract.ts';

/** One step of `UpdateUsagePlan` ("Patch operations", API Gateway API reference). */
export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: string;
}

/** What turns one usage plan into another; nothing when they are the same. What was used this month stays used. */
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
