/** The part of dynalite that the local run uses; the package has no types. */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  interface Options {
    /** The folder of the database; in memory when omitted. */
    readonly path?: string;
    /** How long the creation of a table takes, in milliseconds. */
    readonly createTableMs?: number;
  }
  function dynalite(options: Options): Server;
  export = dynalite;
}
