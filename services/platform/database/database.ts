/** Statements with `$1` placeholders, each one round trip. */
export interface Queries {
  /**
   * @throws {UnavailableError} if no connection can be had in time, or the database cannot do it now;
   *   {RejectedDataError} if it refuses the values; what the server says if the statement is wrong.
   */
  query<Row = unknown>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/** A service's tables. */
export interface Database extends Queries {
  /**
   * Runs statements that take effect together or not at all. What `run` throws rolls them back and is thrown on.
   * Isolation is READ COMMITTED, PostgreSQL's own: lock the rows that a decision rests on.
   */
  transaction<T>(run: (transaction: Queries) => Promise<T>): Promise<T>;
  /** Lets go of the connections once their statements are done. */
  close(): Promise<void>;
}
