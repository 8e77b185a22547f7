import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseRecord } from '../../../common/parse-record.ts';
import { readFileIfExists } from '../../../common/read-file-if-exists.ts';
import type { CommandOutcome } from '../issuer/token-command.ts';
import { findRun, RunNotFoundError, type RunRecord } from '../run-records.ts';
import { type CallLogEntry, readCallLog } from './call-log.ts';

const usage = `Usage: npm run logs -- REQUEST_ID [options]

Follows one call of the local run: edge, authorizer, load balancer, service,
functions and events. REQUEST_ID is the header X-Request-Id of the answer, or
X-Amz-Cf-Id of an answer of the edge.

  --json       complete lines as JSON
  --port PORT  port of the local run (default PORT, else the only run)
  --help       print this help`;

const options = {
  json: { type: 'boolean' },
  port: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

export interface LogsCommandPorts {
  /** The state folder of all runs on this machine. */
  readonly stateFolder: string;
  /** The command reads `PORT`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** `npm run logs`: everything that a local run knows about one request, in the order of time. */
export async function logsCommand(
  args: readonly string[],
  { stateFolder, environment }: LogsCommandPorts,
): Promise<CommandOutcome> {
  const parsed = parse(args);
  if (typeof parsed === 'string') return { exitCode: 2, stderr: `${parsed}\n\n${usage}` };
  const { values, positionals } = parsed;
  if (values.help === true) return { exitCode: 0, stdout: usage };
  const [id, another] = positionals;
  if (id === undefined || another !== undefined) {
    return { exitCode: 2, stderr: `Give one request id.\n\n${usage}` };
  }
  let run: RunRecord;
  try {
    run = await findRun({ stateFolder, port: values.port, environment });
  } catch (error) {
    if (!(error instanceof RunNotFoundError)) throw error;
    return { exitCode: error.exitCode, stderr: error.message };
  }
  const entries = entriesOf(run.folder, id);
  if (entries.length === 0) {
    return {
      exitCode: 1,
      stderr: `The run on port ${new URL(run.url).port} has no call ${id}. Take X-Request-Id from the answer; a run keeps its last calls, about 20,000.`,
    };
  }
  return {
    exitCode: 0,
    stdout: entries
      .map((entry) => (values.json === true ? JSON.stringify(entry) : logLine(entry)))
      .join('\n'),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
  } catch (error) {
    return error instanceof Error ? error.message : 'The arguments cannot be read.';
  }
}

/** The entries of a call, by the id of the API or of the edge. */
function entriesOf(folder: string, id: string): readonly CallLogEntry[] {
  const all = readCallLog(join(folder, 'logs'));
  const atEdge = all.find(({ fields }) => fields['edgeRequestId'] === id);
  const ids = new Set([id, ...(atEdge === undefined || atEdge.requestId === '-' ? [] : [atEdge.requestId])]);
  return [
    ...all.filter((entry) => entry === atEdge || ids.has(entry.requestId)),
    ...eventsOf(join(folder, 'events'), ids),
  ].sort((one, other) => one.timeMs - other.timeMs);
}

/** Events that the request caused, and the access log line that became one. Only a log on disk is searched. */
function eventsOf(folder: string, ids: ReadonlySet<string>): readonly CallLogEntry[] {
  return topicFiles(folder).flatMap((file) =>
    (readFileIfExists(join(folder, file)) ?? '').split('\n').flatMap((line) => {
      if (![...ids].some((id) => line.includes(id))) return [];
      const event = parseRecord(line);
      const requestId = [event?.['requestid'], event?.['id']].find(
        (id) => typeof id === 'string' && ids.has(id),
      );
      if (event === undefined || typeof requestId !== 'string') return [];
      const { type, subject, time } = event;
      const fields = { topic: file.replace(/\.jsonl$/, ''), type, subject };
      return [{ timeMs: Date.parse(String(time)), source: 'event', requestId, fields }];
    }),
  );
}

function topicFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  } catch {
    return []; // The run uses Kafka.
  }
}

const columns = 80;

/** `12:00:00.000 service        12 ms text`, at most 80 columns. */
export function logLine({ timeMs, source, milliseconds, fields }: CallLogEntry): string {
  const time = new Date(timeMs).toISOString().slice(11, 23);
  const duration = milliseconds === undefined ? '' : `${Math.round(milliseconds)} ms`;
  const line = `${time} ${source.slice(0, 22).padEnd(22)} ${duration.padStart(8)} ${textOf(source, fields)}`;
  const printable = line.replace(/[^\x20-\x7e]/g, '?');
  return printable.length <= columns ? printable : `${printable.slice(0, columns - 1)}~`;
}

/** The fields that say the most about each kind of line. */
const shown: ReadonlyMap<string, readonly string[]> = new Map([
  ['edge', ['method', 'path', 'status', 'result']],
  ['authorizer', ['decision', 'reason', 'caller']],
  ['load balancer', ['method', 'path', 'status']],
  ['API', ['status', 'decision', 'reason', 'plan']],
  ['event', ['type', 'subject']],
]);

/** Of a process: its message, then what it is about. */
const shownOfProcesses = ['level', 'message', 'method', 'path', 'status', 'service', 'reason', 'error'];

function textOf(source: string, fields: CallLogEntry['fields']): string {
  return (shown.get(source) ?? shownOfProcesses)
    .map((name) => fields[name])
    .filter((value) => value !== undefined && value !== '-' && value !== 'info')
    .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
    .join(' ');
}
