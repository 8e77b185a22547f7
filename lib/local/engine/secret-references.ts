import type { Deployment, Resource } from './assembly.ts';

/** `{{resolve:secretsmanager:<name or ARN>:SecretString:…}}`, a dynamic reference of CloudFormation. */
const reference =
  /\{\{resolve:secretsmanager:(?:arn:[^:}]*:secretsmanager:[^:}]*:[^:}]*:secret:)?([^:}]+)(?::SecretString)?:*\}\}/g;

/** Replaces the references to secrets in a text by their values. */
function secretValues(text: string, secret: (name: string) => string): string {
  return text.replaceAll(reference, (_, name: string) => secret(name));
}

/** The deployment with the values of secrets instead of references, as CloudFormation deploys it. */
export function withSecretValues(deployment: Deployment, secret: (name: string) => string): Deployment {
  const resolved = (value: unknown): unknown => {
    if (typeof value === 'string') return secretValues(value, secret);
    if (Array.isArray(value)) return value.map(resolved);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, resolved(inner)]));
  };
  const known = new Map<Resource, Resource>();
  const resourceOf = (resource: Resource): Resource => {
    const found = known.get(resource);
    if (found !== undefined) return found;
    // Properties of resources that are not emulated may have no local value, so a property is read only on access.
    let properties: Resource['properties'] | undefined;
    const made = Object.create(resource, {
      properties: { get: () => (properties ??= resolved(resource.properties) as Resource['properties']) },
    }) as Resource;
    known.set(resource, made);
    return made;
  };
  return {
    get resources() {
      return deployment.resources.map(resourceOf);
    },
    ofType: (type) => deployment.ofType(type).map(resourceOf),
    byReference: (reference) => {
      const found = deployment.byReference(reference);
      return found === undefined ? undefined : resourceOf(found);
    },
  };
}
