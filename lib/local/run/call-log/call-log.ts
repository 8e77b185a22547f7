import { appendFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseRecord } from '../../../common/parse-record.ts';
import { readFileIfExists } from '../../../common/read-file-if-exists.ts';
import type { Hop } from '../../engine/gateway-ports.ts';

/** One line about a request: a step of its way, an access log line, or a log line of a process. */
export interface CallLogEntry {
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  /** `edge`, `authorizer`, `load balancer`, `API`, or the name of a service or function. */
  readonly source: string;
  readonly requestId: string;
  /** The duration, if the line is about one. */
  readonly milliseconds?: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Records what happens to each request of a run, for `npm run logs`. */
export interface CallLog {
  readonly hop: (hop: Hop) => void;
  /** A line of an API's access log, in JSON. */
  readonly accessLog: (line: string) => void;
  /** A line that a process has printed; lines without a request id are not recorded. */
  readonly processLine: (name: string, line: string) => void;
  readonly close: () => void;
}

const fileName = 'calls.jsonl';
const olderFileName = 'calls.1.jsonl';
/** Two files of this size are kept: about 20,000 calls. */
const maxFileBytes = 8_000_000;
/** Lines are written together, because a write for each would cost more than the request itself. */
const writeEveryMs = 200;
/** The oldest of more lines would fall out of the files before anyone reads them. */
const maxPendingLines = 50_000;

/**
 * Opens the log of the calls. Lines are on disk at most `writeEveryMs` after they were recorded.
 *
 * @param folder must exist.
 * @param now milliseconds since 1970.
 */
export function openCallLog(folder: string, now: () => number, notice: (text: string) => void): CallLog {
  const file = join(folder, fileName);
  let pending: string[] = [];
  let isFailing = false;
  const flush = () => {
    if (pending.length === 0) return;
    const text = pending.join('');
    pending = [];
    try {
      appendFileSync(file, text, { mode: 0o600 });
      if (statSync(file).size > maxFileBytes) renameSync(file, join(folder, olderFileName));
      isFailing = false;
    } catch (error) {
      if (!isFailing) notice(`The log of the calls cannot be written: ${String(error)}`);
      isFailing = true;
    }
  };
  const timer = setInterval(flush, writeEveryMs).unref();
  const add = (entry: CallLogEntry) => {
    if (pending.length < maxPendingLines) pending.push(`${JSON.stringify(entry)}\n`);
  };
  return {
    hop: ({ name, requestId, startedMs, endedMs, fields }) =>
      add({
        timeMs: startedMs,
        source: name,
        requestId,
        milliseconds: Math.round(endedMs - startedMs),
        fields,
      }),
    accessLog: (line) => {
      const fields = parseRecord(line);
      const requestId = fields?.['requestId'];
      if (fields === undefined || typeof requestId !== 'string') return;
      const timeMs = Number(fields['timeEpochMs']);
      add({
        timeMs: timeMs || now(),
        source: 'API',
        requestId,
        milliseconds: Number(fields['latencyMs']),
        fields,
      });
    },
    processLine: (name, line) => {
      const fields = line.includes('"requestId"') ? parseRecord(line) : undefined;
      const requestId = fields?.['requestId'];
      if (fields === undefined || typeof requestId !== 'string') return;
      const { durationMs } = fields;
      add({
        timeMs: now(),
        source: name,
        requestId,
        ...(typeof durationMs === 'number' ? { milliseconds: durationMs } : {}),
        fields,
      });
    },
    close: () => {
      clearInterval(timer);
      flush();
    },
  };
}

/** All recorded entries, oldest first. A line that is not complete is skipped. */
export function readCallLog(folder: string): readonly CallLogEntry[] {
  return [olderFileName, fileName].flatMap((name) =>
    (readFileIfExists(join(folder, name)) ?? '').split('\n').flatMap((line) => {
      const entry = line === '' ? undefined : parseRecord(line);
      return entry === undefined ? [] : [entry as unknown as CallLogEntry];
    }),
  );
}
