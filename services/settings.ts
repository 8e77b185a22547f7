import * as z from 'zod';
import { eventsEnv } from '../lambda/shared/contract.ts';
import { type RoleName, roleNames } from './roles.ts';

/** What the environment says to a task of the store. */
export interface Settings {
  readonly role: RoleName;
  /** 0 takes any free port. */
  readonly port: number;
  readonly eventLogUrl: string;
  /** The service's name in logs and events. */
  readonly serviceName: string;
}

const variables = z.object({
  ROLE: z.enum(roleNames, { error: `Name a role: ${roleNames.join(', ')}.` }),
  PORT: z.coerce
    .number({ error: 'Give a TCP port.' })
    .int('Give a TCP port.')
    .min(0, 'Give a TCP port.')
    .max(65_535, 'Give a TCP port.')
    .default(8080),
  [eventsEnv.url]: z.string({
    error: 'Give file:<folder>, stdout:, kafka://<host>:<port> or msk:<cluster ARN>.',
  }),
  SERVICE_NAME: z.string().min(1, 'Give a name, or leave it out to use the role.').optional(),
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
    throw new Error(`The environment does not say how to run. ${faults.join(' ')}`);
  }
  const { ROLE, PORT, EVENT_LOG_URL, SERVICE_NAME } = result.data;
  return { role: ROLE, port: PORT, eventLogUrl: EVENT_LOG_URL, serviceName: SERVICE_NAME ?? ROLE };
}
