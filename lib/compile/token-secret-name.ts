/**
 * Name of the secret with which a client signs its tokens. Fixed, so that functions and operators find it.
 */
export function tokenSecretName(environment: string, clientId: string): string {
  return `gatehouse/${environment}/token-secret/${clientId}`;
}
