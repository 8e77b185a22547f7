import type { Configuration } from '../../config/index.ts';
import type { StackTemplate } from '../quotas/region-resources.ts';

/** Everything that a deployment would deploy. */
export interface DeploymentPlan {
  readonly configuration: Configuration;
  readonly stacks: readonly StackTemplate[];
}

export interface PlannedResource {
  readonly stack: StackTemplate;
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** What CloudFormation does with it when its stack is deleted; undefined is `Delete`. */
  readonly deletionPolicy: string | undefined;
}

export function regionsIn({ stacks }: DeploymentPlan): string[] {
  return [...new Set(stacks.map(({ region }) => region))];
}

/** Resources of all stacks, optionally of one type. */
export function resourcesIn({ stacks }: DeploymentPlan, type?: string): PlannedResource[] {
  return stacks.flatMap((stack) =>
    Object.entries(stack.template.Resources ?? {})
      .filter(([, resource]) => type === undefined || resource.Type === type)
      .map(([logicalId, resource]) => ({
        stack,
        logicalId,
        type: resource.Type,
        properties: resource.Properties ?? {},
        deletionPolicy: resource.DeletionPolicy,
      })),
  );
}

/** Placeholder for parts of a text that are known only after the deployment. */
const unknownPart = '\0';

const pseudoParameters: Readonly<Record<string, (region: string) => string>> = {
  'AWS::Region': (region) => region,
  'AWS::Partition': () => 'aws',
};

/** All texts in a template value, with `Fn::Join` resolved, such as the ARN of a secret. */
export function textsIn(value: unknown, region: string): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  const text = joined(value, region);
  return text === undefined
    ? Object.values(value).flatMap((inner) => textsIn(inner, region))
    : [text, ...Object.values(value).flatMap((inner) => textsIn(inner, region))];
}

function joined(value: object, region: string): string | undefined {
  const { 'Fn::Join': join } = value as { readonly 'Fn::Join'?: readonly [string, unknown] };
  if (join === undefined || !Array.isArray(join[1])) return undefined;
  return (join[1] as readonly unknown[]).map((part) => partOf(part, region)).join(join[0]);
}

function partOf(part: unknown, region: string): string {
  if (typeof part === 'string') return part;
  if (typeof part !== 'object' || part === null) return unknownPart;
  const { Ref: ref } = part as { readonly Ref?: string };
  return pseudoParameters[ref ?? '']?.(region) ?? joined(part, region) ?? unknownPart;
}
