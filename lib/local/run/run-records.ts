import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readFileIfExists } from '../../common/read-file-if-exists.ts';
import { acceptsConnections } from './processes/ports.ts';
import { runFolder } from './state-folder.ts';

/** What another terminal must know of a run. */
const runRecord = z.object({
  /** Of the run. */
  processId: z.int().positive(),
  /** The gateway's URL. */
  url: z.url(),
  issuer: z.string(),
  audience: z.string(),
  /** Keeps the run's state, the issuer's keys among it. */
  folder: z.string(),
  /** For the operators' commands. */
  operator: z.object({
    /** The runtime policy, which the authorizer watches. */
    policyFile: z.string(),
    operations: z.object({
      clientsTable: z.string(),
      usageTable: z.string(),
      auditTable: z.string(),
      authorizer: z.string(),
      revocation: z.string(),
      webhookQueue: z.string(),
      webhookDeadLetterQueue: z.string(),
    }),
    edge: z.object({ distributionId: z.string(), switchesArn: z.string() }),
    /** Base URLs of the AWS APIs that the run serves. */
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

/** The run that a command means is not there. The message is for the terminal, remedy included. */
export class RunNotFoundError extends Error {
  override readonly name = 'RunNotFoundError';
  /** 1: there is no such run; 2: the command line does not say which one. */
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

const recordFile = 'run.json';

/** Writes down where a run is. Call it when the run serves. */
export function writeRunRecord(record: RunRecord): void {
  const file = join(record.folder, recordFile);
  const draft = `${file}.draft`;
  // Keys and addresses of a laptop are private.
  writeFileSync(draft, JSON.stringify(record), { mode: 0o600 });
  renameSync(draft, file);
}

export function removeRunRecord(folder: string): void {
  rmSync(join(folder, recordFile), { force: true });
}

/** Which run a command means. */
export interface RunSelector {
  /** Of every run on this machine. */
  readonly stateFolder: string;
  /** `--port` of the command line. */
  readonly port: string | undefined;
  /** `PORT` is read where the command line names none. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * The run on the port that is asked for, else the only one that is alive. A record whose process is gone, or whose port
 * nobody listens on, counts for nothing.
 *
 * @throws {RunNotFoundError}
 */
export async function findRun({ stateFolder, port: given, environment }: RunSelector): Promise<RunRecord> {
  const port = given ?? (environment['PORT'] === '' ? undefined : environment['PORT']);
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)) {
    const name = given === undefined ? 'PORT' : '--port';
    throw new RunNotFoundError(`${name} "${port}" is not a valid port. Give the run's: --port 8080`, 2);
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
    `There are ${live.length} local runs, on ports ${names.join(', ')}. Say which one: --port ${names[0]}`,
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
    return []; // Nobody has started a run here.
  }
}

/** None where it cannot be read: a run that serves has written it whole. */
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
    // A process of another user is alive, too.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return await acceptsConnections(Number(new URL(url).port));
}
