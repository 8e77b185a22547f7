import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readFileIfExists } from '../../common/read-file-if-exists.ts';
import { acceptsConnections } from './processes/ports.ts';
import { runFolder } from './state-folder.ts';

/** The description of a run for commands in other terminals. */
const runRecord = z.object({
  /** The process id of the run. */
  processId: z.int().positive(),
  /** The URL of the gateway. */
  url: z.url(),
  issuer: z.string(),
  audience: z.string(),
  /** The folder of the run with its state, including the keys of the issuer. */
  folder: z.string(),
  /** Settings of the operators' commands. */
  operator: z.object({
    /** The file of the runtime policy. */
    policyFile: z.string(),
    operations: z.object({
      clientsTable: z.string(),
      usageTable: z.string(),
      auditTable: z.string(),
      authorizer: z.string(),
      revocation: z.string(),
      deadLetterQueues: z.record(
        z.string(),
        z.object({
          queue: z.string(),
          returnsTo: z.union([z.object({ queue: z.string() }), z.object({ kafkaConsumer: z.string() })]),
        }),
      ),
    }),
    edge: z.object({ distributionId: z.string(), switchesArn: z.string() }),
    /** The base URLs of the emulated AWS APIs. */
    endpoints: z.object({
      dynamodb: z.string(),
      secretsManager: z.string(),
      lambda: z.string(),
      cloudfront: z.string(),
      sqs: z.string(),
    }),
  }),
});
export type RunRecord = z.output<typeof runRecord>;

/** The run that a command needs does not exist. The message is for the terminal and includes the remedy. */
export class RunNotFoundError extends Error {
  override readonly name = 'RunNotFoundError';
  /** 1: the run does not exist; 2: the command line does not select a run. */
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

const recordFile = 'run.json';

/** Writes the record of a run. Call it when the run has started. */
export function writeRunRecord(record: RunRecord): void {
  const file = join(record.folder, recordFile);
  const draft = `${file}.draft`;
  // Keys and addresses are private.
  writeFileSync(draft, JSON.stringify(record), { mode: 0o600 });
  renameSync(draft, file);
}

export function removeRunRecord(folder: string): void {
  rmSync(join(folder, recordFile), { force: true });
}

/** Selects the run of a command. */
export interface RunSelector {
  /** The state folder of all runs on this machine. */
  readonly stateFolder: string;
  /** The `--port` option. */
  readonly port: string | undefined;
  /** `PORT` is read without the `--port` option. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Finds the run on the requested port, otherwise the only running one. A record is ignored when its process has ended or
 * nothing listens on its port.
 *
 * @throws {RunNotFoundError}
 */
export async function findRun({ stateFolder, port: given, environment }: RunSelector): Promise<RunRecord> {
  const port = given ?? (environment['PORT'] === '' ? undefined : environment['PORT']);
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)) {
    const name = given === undefined ? 'PORT' : '--port';
    throw new RunNotFoundError(
      `${name} "${port}" is not a valid port. Specify the port of the run: --port 8080`,
      2,
    );
  }
  const live = await liveRuns(stateFolder);
  const names = live.map(({ url }) => new URL(url).port);
  if (port !== undefined) {
    const found = live.find((run) => new URL(run.url).port === String(Number(port)));
    if (found !== undefined) return found;
    const others = names.length === 0 ? '' : ` Runs are on: ${names.join(', ')}.`;
    throw new RunNotFoundError(
      `No local run on port ${port}. Start one with npm start -- --port ${port}.${others}`,
    );
  }
  const [run, another] = live;
  if (run === undefined) throw new RunNotFoundError('No local run. Start one with npm start.');
  if (another === undefined) return run;
  throw new RunNotFoundError(
    `There are ${live.length} local runs, on ports ${names.join(', ')}. Specify one: --port ${names[0]}`,
    2,
  );
}

async function liveRuns(stateFolder: string): Promise<readonly RunRecord[]> {
  const records = ports(stateFolder).flatMap((port) => read(join(runFolder(stateFolder, port), recordFile)));
  const alive = await Promise.all(records.map(isLive));
  return records.filter((_, index) => alive[index]);
}

function ports(stateFolder: string): readonly number[] {
  try {
    return readdirSync(stateFolder)
      .filter((name) => /^\d{1,5}$/.test(name))
      .map(Number)
      .sort((one, other) => one - other);
  } catch {
    return []; // No run was started with this state folder.
  }
}

/** Undefined when the record cannot be read: a started run has written it completely. */
function read(file: string): readonly RunRecord[] {
  try {
    return [runRecord.parse(JSON.parse(readFileIfExists(file) ?? ''))];
  } catch {
    return [];
  }
}

async function isLive({ processId, url }: RunRecord): Promise<boolean> {
  try {
    process.kill(processId, 0);
  } catch (error) {
    // The process belongs to another user and is running.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return await acceptsConnections(Number(new URL(url).port));
}
