/** Runs SQL statements with `$1` placeholders, one round trip each. */
export interface Queries {
  /**
   * @throws {UnavailableError} if no connection is available in time, or the database cannot run the statement now;
   *   {RejectedDataError} if it refuses the values; the server's error if the statement is wrong.
   */
  query<Row = unknown>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/** The database of a service. */
export interface Database extends Queries {
  /**
   * Runs statements in one transaction. An error from `run` rolls it back and is rethrown. The isolation level is READ
   * COMMITTED, PostgreSQL's default: lock the rows that a decision depends on.
   */
  transaction<T>(run: (transaction: Queries) => Promise<T>): Promise<T>;
  /** Closes the connections when their statements have ended. */
  close(): Promise<void>;
}
