/** Name of the secret with the partner API's proof, the same in every region. */
export function partnerProofName(environment: string): string {
  return `gatehouse/${environment}/partner-proof`;
}
