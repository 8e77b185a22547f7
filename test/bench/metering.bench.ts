import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import {
  createTestMetering,
  lineOf,
  logEvent,
  noon,
} from '../../lambda/metering/testing/metering-fixtures.ts';
import { freePort } from '../../lib/local/run/processes/ports.ts';
import { type DynamoTable, updateItem } from '../../runtime/aws/dynamodb-item.ts';
import { createTable, testCredentials } from '../../runtime/aws/testing/dynamodb-server.ts';
import { mapConcurrently } from '../../runtime/concurrency/in-parallel.ts';
import { keepAliveConnections } from '../../runtime/http/keep-alive-connections.ts';
import { createInMemoryLimitStore, MemoryEntries } from '../../runtime/limit-store/in-memory-entries.ts';
import { percentile } from './measure.ts';

const linesPerBatch = 500;
const warmUp = 2;
const batches = 15;

/**
 * Measures metering, compared with one write per line, which counts repeated lines twice. DynamoDB runs in another
 * process, so that figures per core include this process only.
 */
export async function run(print: (text: string) => void): Promise<void> {
  const dynamo = await startDynamo();
  try {
    print(`Metering, batches of ${linesPerBatch} lines; records a second are by this process's CPU time`);
    for (const callers of [1, 50]) {
      const metering = await createTestMetering(
        dynamo,
        createInMemoryLimitStore(() => noon, new MemoryEntries(100_000)),
      );
      print(
        line(
          `${callers} callers`,
          await timed(dynamo, callers, async (lines) => await metering.run(logEvent(lines))),
        ),
      );
      const repeated = batchOf('repeated', callers);
      await metering.run(logEvent(repeated));
      print(
        line(
          `${callers} callers, the same batch again`,
          await timed(dynamo, callers, async () => await metering.run(logEvent(repeated))),
        ),
      );
      print(
        line(
          `${callers} callers, UpdateItem for each line`,
          await timed(dynamo, callers, async (lines) => await addEach(metering.usageTable, lines)),
        ),
      );
    }
    print('');
  } finally {
    dynamo.process.kill('SIGKILL');
  }
}

type Lines = readonly ReturnType<typeof lineOf>[];

let batchNumber = 0;
function batchOf(name: string, callers: number): Lines {
  return Array.from({ length: linesPerBatch }, (_, index) =>
    lineOf({
      caller: `client:${name}-${index % callers}`,
      requestId: `${name}-${batchNumber}-${index}`,
      timeEpochMs: `${noon + batchNumber * 5_000}`,
    }),
  );
}

async function addEach(table: DynamoTable, lines: Lines): Promise<void> {
  await mapConcurrently(lines, 16, async ({ caller = '', totalBytes = '0' }) => {
    await updateItem(
      table,
      { clientId: { S: `peer-${caller}` }, month: { S: '2026-11' } },
      {
        expression: 'ADD #requests :one, bytes :bytes',
        condition: 'attribute_not_exists(nothing)',
        names: { '#requests': 'requests' },
        values: { ':one': { N: '1' }, ':bytes': { N: totalBytes } },
      },
    );
  });
}

interface Timed {
  readonly p50: number;
  readonly p99: number;
  readonly perCoreSecond: number;
  readonly callsPerBatch: number;
  readonly heapMegabytes: number;
}

async function timed(
  dynamo: Dynamo,
  callers: number,
  work: (lines: Lines) => Promise<unknown>,
): Promise<Timed> {
  const name = `bench-${batchNumber}`;
  const milliseconds: number[] = [];
  let cpuMicroseconds = 0;
  let calls = 0;
  for (let round = 0; round < warmUp + batches; round += 1) {
    batchNumber += 1;
    const lines = batchOf(name, callers);
    const [cpu, from, callsBefore] = [process.cpuUsage(), performance.now(), dynamo.calls()];
    await work(lines);
    if (round < warmUp) continue;
    milliseconds.push(performance.now() - from);
    const { user, system } = process.cpuUsage(cpu);
    cpuMicroseconds += user + system;
    calls += dynamo.calls() - callsBefore;
  }
  return {
    p50: percentile(milliseconds, 0.5),
    p99: percentile(milliseconds, 0.99),
    perCoreSecond: (batches * linesPerBatch * 1_000_000) / cpuMicroseconds,
    callsPerBatch: calls / batches,
    heapMegabytes: process.memoryUsage().heapUsed / 1_000_000,
  };
}

function line(name: string, { p50, p99, perCoreSecond, callsPerBatch, heapMegabytes }: Timed): string {
  return [
    name.padEnd(42),
    `p50 ${p50.toFixed(0).padStart(5)} ms`,
    `p99 ${p99.toFixed(0).padStart(5)} ms`,
    `${perCoreSecond.toFixed(0).padStart(7)} records/s per core`,
    `${callsPerBatch.toFixed(0).padStart(5)} calls`,
    `heap ${heapMegabytes.toFixed(0).padStart(4)} MB`,
  ].join('  ');
}

interface Dynamo {
  readonly process: ChildProcess;
  readonly calls: () => number;
  table(tableName: string, partitionKey: string, sortKey: string): Promise<DynamoTable>;
}

async function startDynamo(): Promise<Dynamo> {
  const port = await freePort();
  const child = spawn(
    process.execPath,
    ['node_modules/dynalite/cli.js', '--port', `${port}`, '--createTableMs', '0'],
    {
      stdio: 'ignore',
    },
  );
  const endpoint = `http://127.0.0.1:${port}`;
  const agent = keepAliveConnections(endpoint);
  let calls = 0;
  const counted = new Proxy(agent, {
    get: (target, name) => {
      const value = Reflect.get(target, name) as unknown;
      if (name !== 'addRequest' || typeof value !== 'function') return value;
      return (...input: unknown[]): unknown => {
        calls += 1;
        return Reflect.apply(value, target, input);
      };
    },
  });
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const isThere = await createTable(endpoint, 'probe', 'a', 'b').then(
      () => true,
      () => false,
    );
    if (isThere) break;
    await wait(50);
  }
  return {
    process: child,
    calls: () => calls,
    table: async (tableName, partitionKey, sortKey) => {
      await createTable(endpoint, tableName, partitionKey, sortKey);
      return {
        credentials: testCredentials,
        endpoint,
        tableName,
        timeoutMilliseconds: 60_000,
        agent: counted,
      };
    },
  };
}
