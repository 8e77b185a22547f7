import { fileURLToPath } from 'node:url';
import { describeExit, type ProcessGroup } from '../../run/processes/process-group.ts';
import { type Initialisation, type InvocationResult, startRuntimeApi } from './runtime-api.ts';

/** A function of the templates. */
export interface FunctionSpec {
  /** The id that references to the function contain; also its name. */
  readonly id: string;
  /** A short name for messages. */
  readonly name: string;
  /** The handler as `file.export`. */
  readonly handler: string;
  /** The folder of the bundle. */
  readonly codeFolder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMiB: number;
  readonly region: string;
}

export interface SandboxPorts {
  readonly processes: ProcessGroup;
  readonly onLine: (functionName: string, line: string, stream: 'stdout' | 'stderr') => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newRequestId: () => string;
}

/** One process of a function. It handles one event at a time, like an execution environment of Lambda. */
export interface Sandbox {
  readonly initialised: Promise<Initialisation>;
  isAlive(): boolean;
  /** Resolves when the process has ended. */
  readonly gone: Promise<void>;
  /** Returns the response, or an error; after a timeout the process is killed. */
  invoke(event: unknown): Promise<InvocationResult>;
  end(): void;
}

type Failure = { readonly ok: false; readonly error: string };

const bootstrapPath = fileURLToPath(new URL('bootstrap.mjs', import.meta.url));
/** Lambda stops an initialisation that takes longer. */
const maxInitialisationMilliseconds = 10_000;

/** Starts a process of the function with the environment variables of Lambda. */
export async function startSandbox(spec: FunctionSpec, ports: SandboxPorts): Promise<Sandbox> {
  const api = await startRuntimeApi(spec.id);
  const child = ports.processes.start({
    name: spec.name,
    command: process.execPath,
    args: [bootstrapPath],
    cwd: spec.codeFolder,
    env: lambdaEnvironment(spec, api.address),
    onLine: (line, stream) => ports.onLine(spec.name, line, stream),
  });
  let alive = true;
  /** Called once when the process ends during an invocation. */
  let onEnd: ((failure: Failure) => void) | undefined;
  let failure: Failure | undefined;
  const ended = child.exited.then((exit) => {
    alive = false;
    api.close();
    failure = { ok: false, error: `Runtime.ExitError: the process ${describeExit(exit)}` };
    onEnd?.(failure);
  });
  /**
   * Returns the result of the work, unless the process ends first or is killed after a timeout. A race with `ended` would keep
   * every result as long as the process lives, so there is one callback, and each piece of work replaces it.
   */
  const inTime = <T>(work: Promise<T>, milliseconds: number, tooLate: string): Promise<T | Failure> =>
    new Promise((resolve) => {
      let late = false;
      const settle = (outcome: T | Failure): void => {
        clearTimeout(timer);
        onEnd = undefined;
        resolve(outcome);
      };
      const timer = setTimeout(() => {
        late = true;
        child.kill();
      }, milliseconds);
      onEnd = (exit) => settle(late ? { ok: false, error: tooLate } : exit);
      if (failure !== undefined) onEnd(failure);
      void work.then((outcome) => {
        // A response between the kill and the end of the process is too late.
        if (!late) settle(outcome);
      });
    });

  return {
    initialised: inTime(
      api.initialised,
      maxInitialisationMilliseconds,
      `Runtime.InitTimeout: not ready within ${maxInitialisationMilliseconds / 1_000} seconds`,
    ),
    isAlive: () => alive,
    gone: ended,
    invoke(event) {
      const milliseconds = spec.timeoutSeconds * 1_000;
      const deadlineMilliseconds = ports.now() + milliseconds;
      const work = api.invoke({ requestId: ports.newRequestId(), event, deadlineMilliseconds });
      return inTime(work, milliseconds, `Task timed out after ${spec.timeoutSeconds.toFixed(2)} seconds`);
    },
    end: () => child.kill(),
  };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
function lambdaEnvironment(spec: FunctionSpec, runtimeApi: string): Readonly<Record<string, string>> {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    // Node.js on this machine may be older than that of Lambda.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    AWS_REGION: spec.region,
    AWS_DEFAULT_REGION: spec.region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    AWS_LAMBDA_FUNCTION_NAME: spec.id,
    AWS_LAMBDA_FUNCTION_VERSION: '1',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMiB),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${spec.id}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    LAMBDA_TASK_ROOT: spec.codeFolder,
    _HANDLER: spec.handler,
    ...spec.environment,
  };
}
