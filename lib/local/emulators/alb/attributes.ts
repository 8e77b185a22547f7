import type { Resource } from '../../engine/assembly.ts';
import type { UnsupportedFeatures } from '../../engine/unsupported.ts';

export type Attributes = readonly { readonly Key: string; readonly Value: string }[];

export function attributeOf(attributes: Attributes, key: string): string | undefined {
  return attributes.find(({ Key }) => Key === key)?.Value;
}

/** Reports every attribute that is neither emulated nor ignored. */
export function checkAttributes(
  resource: Resource,
  attributes: Attributes | undefined,
  known: { readonly emulated: readonly string[]; readonly ignored: readonly string[] },
  findings: UnsupportedFeatures,
): void {
  for (const { Key } of attributes ?? []) {
    if (known.emulated.includes(Key) || known.ignored.includes(Key)) continue;
    findings.add(resource, `attribute ${Key}`, 'is not emulated.');
  }
}
