import * as z from 'zod';
import { eventLogEnv } from '../../runtime/contracts/gateway-contract.ts';
import { type Connection, readConnection, readOwner } from '../platform/database/connection-settings.ts';
import { type LimitStoreSettings, readLimitStoreSettings } from '../platform/limit-store/open-limit-store.ts';
import type { PaymentProviderSettings } from '../platform/role.ts';
import type { TracingSettings } from '../platform/tracing/open-telemetry.ts';
import { type RoleName, roleNames } from './roles.ts';

/** The settings of one task, from its environment variables. */
export interface Settings {
  readonly role: RoleName;
  /** 0 takes any free port. */
  readonly port: number;
  readonly eventLogUrl: string;
  /** A dimension of the metrics; `local` if `ENVIRONMENT` is not set. */
  readonly environment: string;
  /** The service's name in logs and events. */
  readonly serviceName: string;
  /** Null if no database is configured. */
  readonly database: Connection | null;
  /** The login that changes tables; null if the service owns its tables. */
  readonly databaseOwner: Connection | null;
  /** Whether the database's writer may be in another region while this region stands by. */
  readonly databaseIsGlobal: boolean;
  /** Null if no limit store is configured. */
  readonly limitStore: LimitStoreSettings | null;
  /** Base URLs of the services that it calls, by name: `PRODUCT_URL` is the URL of `product`. */
  readonly serviceUrls: Readonly<Record<string, string>>;
  /** Units of stock that one caller may hold at once, over all reservations and orders. */
  readonly maxUnitsPerOwner: number;
  readonly paymentProvider: PaymentProviderSettings;
  /** Null if no collector is configured. */
  readonly tracing: TracingSettings | null;
}

const variables = z.object({
  ROLE: z.enum(roleNames, { error: `Give one of: ${roleNames.join(', ')}.` }),
  PORT: z.coerce
    .number({ error: 'Give a TCP port.' })
    .int('Give a TCP port.')
    .min(0, 'Give a TCP port.')
    .max(65_535, 'Give a TCP port.')
    .default(8080),
  [eventLogEnv.url]: z.string({
    error: 'Give file:<folder>, stdout:, kafka://<host>:<port> or msk:<cluster ARN>.',
  }),
  STRIPE_SECRET_KEY: z.string().min(1, 'Give the key, or leave it out to use the stand-in.').optional(),
  STRIPE_BASE_URL: z.url({ error: 'Give a URL.' }).default('https://api.stripe.com'),
  STOCK_MAX_UNITS_PER_OWNER: z.coerce
    .number({ error: 'Give a whole number of units.' })
    .int('Give a whole number of units.')
    .min(1, 'Give at least 1.')
    .max(1_000_000, 'Give at most 1000000.')
    .default(1_000),
  DATABASE_GLOBAL: z.enum(['true', 'false'], { error: 'Give true or false.' }).default('false'),
  ENVIRONMENT: z.string().default('local'),
  SERVICE_NAME: z.string().min(1, 'Give a name, or leave it out to use the role.').optional(),
  // Names and meaning are defined by OpenTelemetry
  // (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ error: 'Give the URL of a collector, such as http://127.0.0.1:4318.', protocol: /^https?$/ })
    .optional(),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number({ error: 'Give a number from 0 to 1.' })
    .min(0, 'Give a number from 0 to 1.')
    .max(1, 'Give a number from 0 to 1.')
    .default(1),
});

/**
 * Reads the settings of a task from its environment.
 *
 * @throws {Error} that names each faulty variable and the remedy.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const result = variables.safeParse(environment);
  if (!result.success) {
    const faults = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`The task's environment variables are invalid. ${faults.join(' ')}`);
  }
  const { ROLE, PORT, EVENT_LOG_URL, ENVIRONMENT, SERVICE_NAME, STRIPE_SECRET_KEY, STRIPE_BASE_URL } =
    result.data;
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: sampledRatio } = result.data;
  return {
    role: ROLE,
    port: PORT,
    eventLogUrl: EVENT_LOG_URL,
    environment: ENVIRONMENT,
    serviceName: SERVICE_NAME ?? ROLE,
    database: readConnection(environment),
    databaseOwner: readOwner(environment),
    databaseIsGlobal: result.data.DATABASE_GLOBAL === 'true',
    limitStore: readLimitStoreSettings(environment),
    serviceUrls: Object.fromEntries(
      roleNames.flatMap((name) => {
        const url = environment[`${name.toUpperCase()}_URL`];
        return url === undefined ? [] : [[name, url]];
      }),
    ),
    maxUnitsPerOwner: result.data.STOCK_MAX_UNITS_PER_OWNER,
    paymentProvider:
      STRIPE_SECRET_KEY === undefined
        ? { kind: 'fake' }
        : { kind: 'stripe', baseUrl: STRIPE_BASE_URL, secretKey: STRIPE_SECRET_KEY },
    tracing: endpoint === undefined ? null : { endpoint, sampledRatio },
  };
}
