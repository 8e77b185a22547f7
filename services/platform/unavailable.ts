/** A dependency of the call is unavailable. The response is a 503 with `Retry-After`. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
}
