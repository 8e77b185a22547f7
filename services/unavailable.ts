/** What a call cannot do without is away for now: an answer of 503, and worth another try. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
}
