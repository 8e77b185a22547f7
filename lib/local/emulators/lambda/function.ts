import type { InvocationResult } from './runtime-api.ts';
import { type FunctionSpec, type Sandbox, type SandboxPorts, startSandbox } from './sandbox.ts';

/** A function. It starts processes as concurrent invocations need them, up to four. */
export interface LambdaFunction {
  readonly name: string;
  /** Starts one process before the first invocation. Resolves with the reason when that fails. */
  readonly warm: () => Promise<string | undefined>;
  invoke(event: unknown): Promise<InvocationResult>;
}

interface Call {
  readonly event: unknown;
  readonly resolve: (result: InvocationResult) => void;
}

const maxSandboxes = 4;
const maxWaitingCalls = 1_000;

/** Creates a function of the template. Its processes stop with the process group of the ports. */
export function createFunction(spec: FunctionSpec, ports: SandboxPorts): LambdaFunction {
  const idle: Sandbox[] = [];
  const waiting: Call[] = [];
  let starting = 0;
  let ready = 0;

  const run = async (sandbox: Sandbox, call: Call): Promise<void> => {
    call.resolve(await sandbox.invoke(call.event));
    if (sandbox.isAlive()) idle.push(sandbox);
    dispatch();
  };

  const launch = async (): Promise<string | undefined> => {
    starting += 1;
    const sandbox = await startSandbox(spec, ports);
    const initialised = await sandbox.initialised;
    starting -= 1;
    if (!initialised.ok) {
      sandbox.end();
      waiting.shift()?.resolve(initialised);
      dispatch();
      return initialised.error;
    }
    ready += 1;
    idle.push(sandbox);
    void sandbox.gone.then(() => {
      ready -= 1;
      const place = idle.indexOf(sandbox);
      if (place >= 0) idle.splice(place, 1);
      dispatch();
    });
    dispatch();
    return undefined;
  };

  const dispatch = (): void => {
    while (waiting.length > 0 && idle.length > 0) {
      const [sandbox, call] = [idle.pop(), waiting.shift()];
      if (sandbox !== undefined && call !== undefined) void run(sandbox, call);
    }
    const wanted = Math.min(waiting.length - starting, maxSandboxes - starting - ready);
    for (let count = 0; count < wanted; count += 1) void launch();
  };

  return {
    name: spec.name,
    warm: launch,
    invoke(event) {
      if (waiting.length >= maxWaitingCalls) {
        return Promise.resolve({ ok: false, error: 'TooManyRequestsException: Rate Exceeded.' });
      }
      return new Promise((resolve) => {
        waiting.push({ event, resolve });
        dispatch();
      });
    },
  };
}
