/** What a command has to say: one thing, as a document for scripts and as text for people. */
export interface Report {
  readonly json: unknown;
  readonly text: string;
}
