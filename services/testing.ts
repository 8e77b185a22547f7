import type { StoreEvent } from '../lambda/shared/events/envelope.ts';
import { createPublish } from './events/publish.ts';
import { createApp, type ServiceApp } from './http/app.ts';
import type { Role } from './role.ts';
import { type MemoryPorts, type RoleName, roleNames, roles } from './roles.ts';

/** What the gateway says of a caller. */
export const alice = { 'x-user-id': 'alice', 'x-user-email': 'alice@example.com', 'x-user-role': '-' };
export const bob = { 'x-user-id': 'bob', 'x-user-email': 'bob@example.com', 'x-user-role': '-' };
export const admin = { 'x-user-id': 'root', 'x-user-email': '-', 'x-user-role': 'admin' };
export const machine = { 'x-user-id': '-', 'x-client-id': 'warehouse', 'x-user-role': '-' };

/** A role as its process runs it, but with a clock that a test turns and its events and log lines at hand. */
export interface TestService {
  readonly app: ServiceApp;
  readonly role: Role;
  readonly events: StoreEvent[];
  readonly lines: Readonly<Record<string, unknown>>[];
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  send(
    method: string,
    path: string,
    body: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>;
  advance(ms: number): void;
  stop(): void;
}

/** Roles that keep nothing outside their process. */
type MemoryRoleName = Exclude<RoleName, 'order' | 'payment'>;
export const memoryRoles = roleNames.filter(
  (name): name is MemoryRoleName => name !== 'order' && name !== 'payment',
);

export function createTestService(name: MemoryRoleName): TestService {
  let nowMs = Date.UTC(2026, 10, 20, 12);
  let stopping = false;
  let ids = 0;
  const newId = () => String(++ids).padStart(4, '0');
  const events: StoreEvent[] = [];
  const lines: Readonly<Record<string, unknown>>[] = [];
  const publish = createPublish(
    name,
    (event) => events.push(event),
    () => new Date(nowMs),
    newId,
  );
  const makeRole: (ports: MemoryPorts) => Role = roles[name];
  const role = makeRole({ publish, nowMs: () => nowMs, newId });
  const app = createApp(
    {
      service: name,
      log: (level, message, fields) => lines.push({ level, message, ...fields }),
      monotonicMs: () => nowMs,
      isStopping: () => stopping,
      checks: {},
      report: () => ({ events: events.length }),
    },
    role.addRoutes,
  );
  return {
    app,
    role,
    events,
    lines,
    get: async (path, headers = {}) => app.request(path, { headers }),
    send: async (method, path, body, headers = {}) =>
      app.request(path, {
        method,
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      }),
    advance: (ms) => {
      nowMs += ms;
    },
    stop: () => {
      stopping = true;
    },
  };
}
