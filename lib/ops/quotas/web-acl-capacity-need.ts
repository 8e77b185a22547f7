import { capacityUnits } from '../../features/edge/web-acl/web-acl-capacity.ts';
import { type TemplateResource, valueAt } from './region-resources.ts';

/** Capacity units of a web ACL in a template, counted as at synth. */
export function webAclCapacityNeed({ properties }: TemplateResource): number {
  const rules = Array.isArray(properties['Rules']) ? properties['Rules'] : [];
  return capacityUnits(
    rules.map((rule) => ({
      name: String(valueAt(rule, 'Name')),
      statement: toConstructPropertyNames(valueAt(rule, 'Statement')) as object,
    })),
  );
}

/** A template's names, `IPSetReferenceStatement`, as the constructs' classes have them: `ipSetReferenceStatement`. */
function toConstructPropertyNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toConstructPropertyNames);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const known = name.replace(/^IPSet/, 'IpSet').replace('IPConfig', 'IpConfig');
      return [known.charAt(0).toLowerCase() + known.slice(1), toConstructPropertyNames(inner)];
    }),
  );
}
