import { Secret } from 'aws-cdk-lib/aws-ecs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

/** How a task reaches the database: what it reads as `services/platform/database/connection-settings.ts` says. The network's rules are apart. */
export interface DatabaseAccess {
  readonly environment: Readonly<Record<string, string>>;
  /** Put into the task's environment by ECS; no template has their values. */
  readonly secrets: Readonly<Record<string, Secret>>;
}

/** A database that is there already and lets its network in, as on a laptop. */
export function existingDatabase(url: string): DatabaseAccess {
  return { environment: { DATABASE_URL: url }, secrets: {} };
}

/**
 * @param endpoint where it is; `isGlobal` if another region's cluster may be the one that takes writes.
 * @param secret with the fields `username` and `password`, as RDS keeps it.
 */
export function databaseFields(
  endpoint: {
    readonly host: string;
    readonly port: number;
    readonly name: string;
    readonly isGlobal: boolean;
  },
  secret: ISecret,
): DatabaseAccess {
  const { host, port, name, isGlobal } = endpoint;
  return {
    environment: {
      DATABASE_HOST: host,
      DATABASE_PORT: String(port),
      DATABASE_NAME: name,
      ...(isGlobal ? { DATABASE_GLOBAL: 'true' } : {}),
    },
    secrets: {
      DATABASE_USER: Secret.fromSecretsManager(secret, 'username'),
      DATABASE_PASSWORD: Secret.fromSecretsManager(secret, 'password'),
    },
  };
}
