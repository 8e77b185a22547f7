/** Something that a call depends on does not work for now: the answer is 503 with `Retry-After`. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
}
