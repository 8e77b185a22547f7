import type { Deployment, Resource } from './assembly.ts';

/** `{{resolve:secretsmanager:<name or ARN>:SecretString:…}}`, a dynamic reference of CloudFormation. */
const reference =
  /\{\{resolve:secretsmanager:(?:arn:[^:}]*:secretsmanager:[^:}]*:[^:}]*:secret:)?([^:}]+)(?::SecretString)?:*\}\}/g;

/** The text with each reference to a secret replaced by the secret's value. */
function secretValues(text: string, secret: (name: string) => string): string {
  return text.replaceAll(reference, (_, name: string) => secret(name));
}

/** The deployment as CloudFormation makes it: with the values of secrets in place of the references to them. */
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
    // Properties of what is not emulated may have no value here, so they are read only when somebody asks.
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
