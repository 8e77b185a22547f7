import { resourcesOf } from './synth.ts';

/** One statement of a policy, with the resource that owns the policy. */
export interface Statement {
  /** `Stack/LogicalId`, without the hash of the construct's path. */
  readonly owner: string;
  /** CloudFormation type of the owner. */
  readonly type: string;
  readonly effect: string;
  readonly actions: readonly string[];
  readonly principals: readonly unknown[];
  readonly resources: readonly unknown[];
}

/** Every statement of every identity and resource policy in an environment. */
export function statementsOf(name: Parameters<typeof resourcesOf>[0]): Statement[] {
  return resourcesOf(name).flatMap(({ stack, id, resource }) =>
    documentsIn(resource['Properties']).flatMap((document) =>
      list(document['Statement']).map((statement) => ({
        owner: `${stack}/${id.replace(/[0-9A-F]{8}$/, '')}`,
        type: String(resource['Type']),
        effect: String(record(statement)['Effect']),
        actions: list(record(statement)['Action']).map(String),
        principals: principalsOf(record(statement)['Principal']),
        resources: list(record(statement)['Resource']),
      })),
    ),
  );
}

/** All objects with a `Statement` within a value. */
function documentsIn(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap(documentsIn);
  if (typeof value !== 'object' || value === null) return [];
  return 'Statement' in value ? [{ ...value }] : Object.values(value).flatMap(documentsIn);
}

function principalsOf(principal: unknown): unknown[] {
  if (principal === undefined) return [];
  return typeof principal === 'string' ? [principal] : Object.values(record(principal)).flatMap(list);
}

function list(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function record(value: unknown): Record<string, unknown> {
  return value as Record<string, unknown>;
}
