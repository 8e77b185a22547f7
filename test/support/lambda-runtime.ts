import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../runtime/limit-store/testing/redis-server.ts';
import { resourcesOf } from './synth.ts';

/** AWS programs that run functions. `.ci/run` installs them. */
export interface LambdaPrograms {
  /** AWS Lambda runtime interface emulator. */
  readonly emulator: string;
  /** Node.js of the functions' runtime. */
  readonly node: string;
  /** `index.mjs` of aws-lambda-ric, or the local run's client of the Runtime API if aws-lambda-ric is not built. */
  readonly client: string;
}

/** Undefined if the emulator is not installed. */
export function lambdaPrograms(environment: NodeJS.ProcessEnv): LambdaPrograms | undefined {
  const { LAMBDA_RIE: emulator, LAMBDA_NODE: node, LAMBDA_RIC: official } = environment;
  if (emulator === undefined || node === undefined) return undefined;
  const own = new URL('../../lib/local/emulators/lambda/bootstrap.mjs', import.meta.url);
  return { emulator: resolve(emulator), node: resolve(node), client: official || fileURLToPath(own) };
}

/** The settings of a function in the template. */
export interface TemplateFunction {
  readonly handler: string;
  readonly runtime: string;
  readonly timeoutSeconds: number;
  readonly memoryMiB: number;
  readonly variables: Readonly<Record<string, string>>;
}

/** The function of prod's templates whose code is `lambda/NAME`; undefined if prod has none. */
export function functionOfTemplate(name: string): TemplateFunction | undefined {
  // In test templates the name of the bundle replaces its code.
  const asset = createHash('sha256').update(name).digest('hex');
  const found = resourcesOf('prod').find(
    ({ resource }) =>
      resource['Type'] === 'AWS::Lambda::Function' &&
      String(resource['Properties'].Code?.S3Key).startsWith(asset),
  );
  if (found === undefined) return undefined;
  const { Handler, Runtime, Timeout, MemorySize, Environment } = found.resource['Properties'];
  const variables = Object.entries((Environment?.Variables ?? {}) as Record<string, unknown>);
  return {
    handler: Handler,
    runtime: Runtime,
    timeoutSeconds: Timeout,
    memoryMiB: MemorySize,
    variables: Object.fromEntries(variables.map(([key, value]) => [key, textOf(value)])),
  };
}

/** The text of an environment variable. Placeholders replace values that only a deployment knows. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const { 'Fn::Join': join } = Object(value) as { 'Fn::Join'?: readonly [string, readonly unknown[]] };
  return join === undefined ? 'stand-in' : join[1].map(textOf).join(join[0]);
}

export interface EmulatedFunction {
  /** Sends an event. Returns the function's answer, or its error in the format of Lambda. */
  invoke(event: unknown): Promise<unknown>;
  /** Output of the function and the emulator so far. */
  readonly output: () => string;
  close(): Promise<void>;
}

/** Starts the emulator with a bundle and only the environment variables of Lambda and the template. */
export async function emulate(
  { emulator, node, client }: LambdaPrograms,
  codeFolder: string,
  { handler, timeoutSeconds, memoryMiB, variables }: TemplateFunction,
): Promise<EmulatedFunction> {
  const [port, apiPort] = [await freePort(), await freePort()];
  const child = spawn(
    emulator,
    [
      `--runtime-interface-emulator-address=127.0.0.1:${port}`,
      `--runtime-api-address=127.0.0.1:${apiPort}`,
      node,
      client,
      handler,
    ],
    {
      cwd: codeFolder,
      // A separate process group, so that the function's process ends with the emulator.
      detached: true,
      env: {
        PATH: `${dirname(node)}:/usr/bin:/bin`,
        LAMBDA_TASK_ROOT: codeFolder,
        _HANDLER: handler,
        AWS_REGION: 'eu-west-1',
        AWS_DEFAULT_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'secret',
        AWS_SESSION_TOKEN: 'token',
        AWS_LAMBDA_FUNCTION_TIMEOUT: `${timeoutSeconds}`,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: `${memoryMiB}`,
        ...variables,
      },
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += String(data)));
  const url = `http://127.0.0.1:${port}/2015-03-31/functions/function/invocations`;
  return {
    invoke: async (event) => {
      const answer = await whenListening(url, JSON.stringify(event), child);
      const text = await answer.text();
      try {
        return JSON.parse(text) as unknown;
      } catch {
        throw new Error(`The emulator answered ${answer.status} ${text}\n${output}`);
      }
    },
    output: () => output,
    close: async () => {
      const gone = new Promise((done) => child.once('exit', done));
      if (child.exitCode !== null || child.pid === undefined) return;
      process.kill(-child.pid, 'SIGKILL');
      await gone;
    },
  };
}

async function whenListening(url: string, body: string, child: ChildProcess): Promise<Response> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(60_000) });
    } catch (error) {
      if (attempt === 100 || child.exitCode !== null) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}
