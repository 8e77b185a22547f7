import * as z from 'zod';

/** The address of the database, and the login. */
export type Connection =
  | { readonly kind: 'url'; readonly url: string }
  /** The fields of Aurora's secret, which ECS passes to a task. Always TLS with a verified certificate. */
  | {
      readonly kind: 'fields';
      readonly host: string;
      readonly port: number;
      readonly database: string;
      readonly user: string;
      readonly password: string;
    };

const text = (error: string) => z.string({ error }).min(1, error);

const fields = z.object({
  DATABASE_HOST: text("Give the database's host, or DATABASE_URL instead of all fields."),
  DATABASE_PORT: z.coerce.number({ error: 'Give a TCP port.' }).int().min(1).max(65_535).default(5432),
  DATABASE_NAME: text("Give the database's name."),
  DATABASE_USER: text('Give the user.'),
  DATABASE_PASSWORD: text("Give the user's password."),
});

/**
 * Reads the login that changes tables: `DATABASE_OWNER_URL`, or `DATABASE_OWNER_USER` and `_PASSWORD` beside the fields of
 * `readConnection`.
 *
 * @returns null if the service owns its tables.
 * @throws {Error} that names each faulty variable.
 */
export function readOwner(environment: Readonly<Record<string, string | undefined>>): Connection | null {
  const {
    DATABASE_OWNER_URL: url,
    DATABASE_OWNER_USER: user,
    DATABASE_OWNER_PASSWORD: password,
  } = environment;
  if (url !== undefined && url !== '') return readConnection({ DATABASE_URL: url });
  if (user === undefined && password === undefined) return null;
  return readConnection({
    ...environment,
    DATABASE_URL: undefined,
    DATABASE_USER: user,
    DATABASE_PASSWORD: password,
  });
}

/** The user and the password of a connection. */
export function loginOf(connection: Connection): { readonly user: string; readonly password: string } {
  if (connection.kind === 'fields') return { user: connection.user, password: connection.password };
  const { username, password } = new URL(connection.url);
  return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
}

/**
 * Reads the connection to the database: `DATABASE_URL` (of a local run), otherwise the fields `DATABASE_HOST`, `_PORT`,
 * `_NAME`, `_USER` and `_PASSWORD`.
 *
 * @returns null if no database is configured.
 * @throws {Error} that names each faulty variable.
 */
export function readConnection(environment: Readonly<Record<string, string | undefined>>): Connection | null {
  const url = environment['DATABASE_URL'];
  if (url !== undefined && url !== '') {
    if (/^postgres(ql)?:\/\//.test(url)) return { kind: 'url', url };
    throw new Error(
      'DATABASE_URL is not the URL of a PostgreSQL database. Give postgresql://user@host/database.',
    );
  }
  if (environment['DATABASE_HOST'] === undefined) return null;
  const result = fields.safeParse(environment);
  if (!result.success) {
    const faults = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`The database settings are invalid. ${faults.join(' ')}`);
  }
  const { DATABASE_HOST, DATABASE_PORT, DATABASE_NAME, DATABASE_USER, DATABASE_PASSWORD } = result.data;
  return {
    kind: 'fields',
    host: DATABASE_HOST,
    port: DATABASE_PORT,
    database: DATABASE_NAME,
    user: DATABASE_USER,
    password: DATABASE_PASSWORD,
  };
}
