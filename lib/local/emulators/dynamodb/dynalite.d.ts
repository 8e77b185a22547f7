/** The part of dynalite that the local run uses; the package has no types. */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  interface Options {
    /** Folder of its database. Left out, it forgets. */
    readonly path?: string;
    /** How long a table is made for, in milliseconds. */
    readonly createTableMs?: number;
  }
  function dynalite(options: Options): Server;
  export = dynalite;
}
