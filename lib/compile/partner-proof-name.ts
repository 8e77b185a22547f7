/** Name of the secret that proves that a call came through the partner API. The same in every region. */
export function partnerProofName(environment: string): string {
  return `gatehouse/${environment}/partner-proof`;
}
