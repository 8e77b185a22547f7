import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { assemblyManifests } from './assembly-files.ts';

/** Outputs of deployed stacks by stack name, as `cdk deploy --outputs-file` writes them. */
export type Outputs = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface StackArtifact {
  readonly type: string;
  /** `aws://ACCOUNT/REGION` */
  readonly environment?: string;
  readonly properties?: { readonly templateFile?: string };
}

/**
 * Replaces `Fn::GetStackOutput` of another region by the values of deployed outputs, because the
 * engine reads stacks of the same region only. References within a region stay unchanged.
 */
export function fillExternalOutputs(assembly: string, outputs: Outputs): void {
  for (const manifest of assemblyManifests(assembly)) {
    const { artifacts } = JSON.parse(readFileSync(manifest, 'utf8')) as {
      readonly artifacts?: Readonly<Record<string, StackArtifact>>;
    };
    for (const { type, environment, properties } of Object.values(artifacts ?? {})) {
      if (type !== 'aws:cloudformation:stack' || properties?.templateFile === undefined) continue;
      const file = join(dirname(manifest), properties.templateFile);
      const template: unknown = JSON.parse(readFileSync(file, 'utf8'));
      writeFileSync(
        file,
        JSON.stringify(filled(template, environment?.split('/').at(-1), outputs), undefined, 1),
      );
    }
  }
}

function filled(value: unknown, region: string | undefined, outputs: Outputs): unknown {
  if (Array.isArray(value)) return value.map((item) => filled(item, region, outputs));
  if (typeof value !== 'object' || value === null) return value;
  const reference = (value as Record<string, unknown>)['Fn::GetStackOutput'] as
    | { readonly StackName: string; readonly OutputName: string; readonly Region?: string }
    | undefined;
  if (reference !== undefined) {
    const foreign = reference.Region !== undefined && reference.Region !== region;
    return (foreign ? outputs[reference.StackName]?.[reference.OutputName] : undefined) ?? value;
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item, region, outputs)]));
}
