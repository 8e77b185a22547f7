import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { loopback } from '../../run/processes/ports.ts';
import type { TaskSpec } from './task-specs.ts';
import type { Target } from './tasks.ts';

/** The addresses of services that others call by name, and the task specs with these addresses. */
export interface ServiceConnect {
  readonly specs: readonly TaskSpec[];
  /** Also ends open connections. */
  close(): void;
}

/** The Service Connect URL of a service, as variables of its callers contain it. */
const serviceUrl = /^http:\/\/([a-z][a-z0-9-]*):\d+$/;

/**
 * Emulates ECS Service Connect. Each service that others call by name gets a local address, which distributes
 * connections to its tasks in turn; the variables of the callers contain this address instead of the name. A connection
 * to a service without a running task is closed at once.
 *
 * @param targets returns the tasks of a target group that accept connections.
 */
export async function startServiceConnect(
  specs: readonly TaskSpec[],
  targets: (targetGroupId: string) => readonly Target[],
): Promise<ServiceConnect> {
  const called = new Set(
    specs.flatMap(({ environment }) => Object.values(environment).flatMap((value) => nameIn(value) ?? [])),
  );
  const servers: Balancer[] = [];
  const urls = new Map<string, string>();
  for (const { name, targetGroups } of specs) {
    if (!called.has(name)) continue;
    const server = await startBalancer(() => targetGroups.flatMap((group) => targets(group)));
    servers.push(server);
    urls.set(name, server.url);
  }
  const addressed = (value: string) => urls.get(nameIn(value) ?? '') ?? value;
  return {
    specs: specs.map((spec) => ({
      ...spec,
      environment: Object.fromEntries(
        Object.entries(spec.environment).map(([variable, value]) => [variable, addressed(value)]),
      ),
    })),
    close() {
      for (const server of servers) server.close();
    },
  };
}

function nameIn(value: string): string | undefined {
  return serviceUrl.exec(value)?.[1];
}

interface Balancer {
  readonly url: string;
  close(): void;
}

async function startBalancer(targets: () => readonly Target[]): Promise<Balancer> {
  let turn = 0;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  const server: Server = createServer((caller) => {
    keep(caller);
    const present = targets();
    turn += 1;
    const target = present[turn % present.length];
    if (target === undefined) {
      caller.destroy();
      return;
    }
    const task = connect(target.port, target.host);
    keep(task);
    for (const [one, other] of [
      [caller, task],
      [task, caller],
    ] as const) {
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((listening) => server.listen(0, loopback, listening));
  return {
    url: `http://${loopback}:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
