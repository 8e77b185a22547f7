import { Secret } from 'aws-cdk-lib/aws-ecs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

/** Access of a task to the database (`services/platform/database/connection-settings.ts` reads it). Security groups allow the connection separately. */
export interface DatabaseAccess {
  readonly environment: Readonly<Record<string, string>>;
  /** Secrets that ECS sets as environment variables of the task. Templates do not contain the values. */
  readonly secrets: Readonly<Record<string, Secret>>;
}

/** An existing database without network restrictions, such as the one of the local run. */
export function existingDatabase(url: string): DatabaseAccess {
  return { environment: { DATABASE_URL: url }, secrets: {} };
}

/**
 * @param endpoint of the cluster; `isGlobal` if the writer may be in another region
 * @param secret with the fields `username` and `password`, as RDS stores it
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
