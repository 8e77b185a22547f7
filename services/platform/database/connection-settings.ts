import * as z from 'zod';

/** Where the database is and who asks. */
export type Connection =
  | { readonly kind: 'url'; readonly url: string }
  /** As ECS hands the fields of Aurora's secret to a task. TLS with a verified certificate, always. */
  | {
      readonly kind: 'fields';
      readonly host: string;
      readonly port: number;
      readonly database: string;
      readonly user: string;
      readonly password: string;
    };

const text = (what: string) => z.string({ error: what }).min(1, what);

const fields = z.object({
  DATABASE_HOST: text("Give the database's host, or DATABASE_URL instead of all fields."),
  DATABASE_PORT: z.coerce.number({ error: 'Give a TCP port.' }).int().min(1).max(65_535).default(5432),
  DATABASE_NAME: text("Give the database's name."),
  DATABASE_USER: text('Give the user.'),
  DATABASE_PASSWORD: text("Give the user's password."),
});

/**
 * Reads as whom tables are changed, if not as the service itself: `DATABASE_OWNER_URL`, or `DATABASE_OWNER_USER` and
 * `_PASSWORD` beside the fields of `readConnection`.
 *
 * @returns null where the service owns its tables.
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

/** User and password of a connection. */
export function loginOf(connection: Connection): { readonly user: string; readonly password: string } {
  if (connection.kind === 'fields') return { user: connection.user, password: connection.password };
  const { username, password } = new URL(connection.url);
  return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
}

/**
 * Reads how to reach the database: `DATABASE_URL` (a laptop's), or else the fields `DATABASE_HOST`, `_PORT`, `_NAME`,
 * `_USER` and `_PASSWORD`.
 *
 * @returns null where the environment names no database.
 * @throws {Error} that names each faulty variable.
 */
export function readConnection(environment: Readonly<Record<string, string | undefined>>): Connection | null {
  const url = environment['DATABASE_URL'];
  if (url !== undefined && url !== '') {
    if (/^postgres(ql)?:\/\//.test(url)) return { kind: 'url', url };
    throw new Error(
      'DATABASE_URL is not the URL of a PostgreSQL database: give postgresql://user@host/database.',
    );
  }
  if (environment['DATABASE_HOST'] === undefined) return null;
  const result = fields.safeParse(environment);
  if (!result.success) {
    const faults = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`The environment does not say where the database is. ${faults.join(' ')}`);
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
