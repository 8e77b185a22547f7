/** Result of a command: a document for scripts and text for people. */
export interface Report {
  readonly json: unknown;
  readonly text: string;
}
