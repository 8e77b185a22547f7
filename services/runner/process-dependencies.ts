import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { containerCredentials } from '../platform/container-credentials.ts';
import { malformedTarget } from '../platform/http/malformed-target.ts';
import type { Answer, Listener, ServiceDependencies } from './service-dependencies.ts';
import { readSettings } from './settings.ts';

/**
 * The dependencies of a task in production: its process, clock and network.
 *
 * With GATEHOUSE_PARENT=1 the process belongs to another one on the same machine: it stops when its standard input
 * closes, so that it never outlives its parent, and it listens on the loopback interface only.
 *
 * @throws {Error} if the environment variables are invalid.
 */
export function processDependencies(): ServiceDependencies {
  const hasParent = process.env['GATEHOUSE_PARENT'] === '1';
  // A closed standard output must not end the process.
  process.stdout.on('error', () => {});
  return {
    settings: readSettings(process.env),
    writeLine: (line) => process.stdout.write(line),
    nowMs: Date.now,
    monotonicMs: () => performance.now(),
    newId: randomUUID,
    random: Math.random,
    awsCredentials: () => containerCredentials(process.env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']),
    wait,
    listen: (answer, port, onError) =>
      listen(answer, port, { hostname: hasParent ? '127.0.0.1' : undefined, onError }),
    stopRequested: stopRequested(hasParent),
  };
}

/** Runs, then ends the process: with exit code 0 if `run` returns true, with 1 if it returns false or fails. */
export async function endProcess(run: () => Promise<boolean>): Promise<never> {
  try {
    process.exit((await run()) ? 0 : 1);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : JSON.stringify(error)}\n`);
    process.exit(1);
  }
}

async function wait(ms: number, signal?: AbortSignal): Promise<void> {
  // Unreferenced, so that a pending timer does not keep the process alive.
  await delay(ms, undefined, { ref: false, ...(signal === undefined ? {} : { signal }) }).catch(() => {});
}

function stopRequested(hasParent: boolean): Promise<string> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve('SIGTERM'));
    process.once('SIGINT', () => resolve('SIGINT'));
    if (!hasParent) return;
    process.stdin.resume();
    process.stdin.once('close', () => resolve('the parent process has ended'));
    process.stdin.once('error', () => resolve('the parent process has ended'));
  });
}

async function listen(
  answer: Answer,
  port: number,
  { hostname, onError }: { readonly hostname: string | undefined; readonly onError: (error: Error) => void },
): Promise<Listener> {
  const server = createAdaptorServer({
    fetch: (request, env) => malformedTarget((env as HttpBindings).incoming.url ?? '') ?? answer(request),
    // Longer than the idle timeout of the load balancer (60 s), which could otherwise use a connection that is closing.
    serverOptions: { keepAliveTimeout: 65_000, headersTimeout: 66_000 },
  });
  server.listen(port, hostname);
  await once(server, 'listening').catch((cause: unknown) => {
    throw new Error(`Port ${port} is not available: ${String(cause)}. Set PORT to a free port.`, { cause });
  });
  // Without a listener, an error such as ENFILE of one connection would end the process.
  server.on('error', onError);
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}
