/** Name of the secret that a client signs its tokens with; fixed, so that the functions and operators find it. */
export function tokenSecretName(environment: string, clientId: string): string {
  return `gatehouse/${environment}/token-secret/${clientId}`;
}
