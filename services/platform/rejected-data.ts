/** The database refuses the data of the caller: `invalid` data is a 422, a `conflict` with stored data a 409. */
export class RejectedDataError extends Error {
  override readonly name = 'RejectedDataError';
  readonly reason: 'invalid' | 'conflict';
  constructor(reason: 'invalid' | 'conflict', options: { readonly cause: Error }) {
    super(options.cause.message, options);
    this.reason = reason;
  }
}
