import { readFileSync, writeFileSync } from 'node:fs';
import { templateFiles } from './assembly-files.ts';

/** A resource of a template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: unknown;
}

interface Template {
  readonly Resources?: Readonly<Record<string, TemplateResource>>;
}

/** A resource without effect, which AWS and every emulator support. */
const standInType = 'AWS::CloudFormation::WaitConditionHandle';

/**
 * Rewrites the templates of a cloud assembly in place: resources that an engine does not support become resources without
 * effect, and their attributes become literals. Nothing else changes.
 *
 * @param lacks Returns the unsupported type or variant of a resource; undefined if the engine supports it.
 * @returns The replaced types and variants, sorted.
 * @throws If a template reads an attribute of a replaced resource in an unsupported way.
 */
export function replaceUnsupported(
  assembly: string,
  lacks: (resource: TemplateResource) => string | undefined,
): string[] {
  const replaced = new Set<string>();
  for (const file of templateFiles(assembly)) {
    const template = JSON.parse(readFileSync(file, 'utf8')) as Template;
    const resources = Object.entries(template.Resources ?? {});
    const gaps = new Map(
      resources.flatMap(([id, resource]) => {
        const gap = lacks(resource);
        return gap === undefined ? [] : [[id, gap] as const];
      }),
    );
    if (gaps.size === 0) continue;
    for (const gap of gaps.values()) replaced.add(gap);
    const missing = new Set(gaps.keys());
    const rewritten = {
      ...template,
      ...(literalAttributes(template, missing, file) as Template),
      Resources: Object.fromEntries(
        resources.map(([id, resource]) => [
          id,
          missing.has(id)
            ? {
                Type: standInType,
                ...(resource.DependsOn === undefined ? {} : { DependsOn: resource.DependsOn }),
              }
            : literalAttributes(resource, missing, file),
        ]),
      ),
    };
    writeFileSync(file, JSON.stringify(rewritten, undefined, 1));
  }
  return [...replaced].sort();
}

/** Replaces `Fn::GetAtt` of replaced resources. ARNs must be well-formed, because policies with other ARNs are refused. */
function literalAttributes(value: unknown, missing: ReadonlySet<string>, file: string): unknown {
  if (Array.isArray(value)) return value.map((item) => literalAttributes(item, missing, file));
  if (typeof value !== 'object' || value === null) return value;
  const { 'Fn::GetAtt': attribute, 'Fn::Sub': substitution } = value as Record<string, unknown>;
  if (attribute !== undefined) {
    const [id = '', ...path] = typeof attribute === 'string' ? attribute.split('.') : (attribute as string[]);
    return missing.has(id) ? literalAttribute(id, path.join('.')) : value;
  }
  if (substitution !== undefined) {
    const text = JSON.stringify(substitution);
    const id = [...missing].find((one) => text.includes(`\${${one}.`));
    if (id !== undefined)
      throw new Error(`${file}: Fn::Sub reads an attribute of ${id}, which is not supported.`);
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, literalAttributes(item, missing, file)]),
  );
}

function literalAttribute(id: string, name: string): string {
  // Has the form of a cluster ARN, because policies split it.
  if (name.endsWith('Arn')) return `arn:aws:stand-in:eu-west-1:123456789012:cluster/${id.toLowerCase()}/1`;
  if (name.endsWith('Port')) return '6379';
  return `${id.toLowerCase()}.stand-in.invalid`;
}
