/** `{{resolve:secretsmanager:<name or ARN>:SecretString:…}}`, a dynamic reference of CloudFormation. */
const reference =
  /\{\{resolve:secretsmanager:(?:arn:[^:}]*:secretsmanager:[^:}]*:[^:}]*:secret:)?([^:}]+)(?::SecretString)?:*\}\}/g;

/** The text with each reference to a secret replaced by the secret's value. */
export function secretValues(text: string, secret: (name: string) => string): string {
  return text.replaceAll(reference, (_, name: string) => secret(name));
}
