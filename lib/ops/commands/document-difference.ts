import { isRecord } from '../../common/is-record.ts';
/** One difference between two documents. `before` or `after` is absent where a document has no value. */
export interface Change {
  /** Path as in TypeScript: `plans.pro.requestsPerMonth`. */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** The differences between two JSON documents, in the order of their paths. */
export function documentChanges(before: unknown, after: unknown, path = ''): Change[] {
  if (isRecord(before) && isRecord(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .sort()
      .flatMap((key) => documentChanges(before[key], after[key], join(path, key)));
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    return Array.from({ length: Math.max(before.length, after.length) }, (_, index) => index).flatMap(
      (index) => documentChanges(before[index], after[index], `${path}[${index}]`),
    );
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
}

/** One line per change: `- path: before`, `+ path: after`, or `~ path: before -> after`. */
export function describeChanges(changes: readonly Change[]): string[] {
  return changes.map(({ path, before, after }) => {
    if (before === undefined) return `+ ${path}: ${JSON.stringify(after)}`;
    if (after === undefined) return `- ${path}: ${JSON.stringify(before)}`;
    return `~ ${path}: ${JSON.stringify(before)} -> ${JSON.stringify(after)}`;
  });
}

function join(path: string, key: string): string {
  if (!/^[A-Za-z_]\w*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}
