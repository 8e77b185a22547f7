import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundleServices } from '../../features/functions/bundling.ts';
import { stopOrphanedServer } from '../emulators/rds/orphaned-server.ts';
import { dataFolder } from '../emulators/rds/postgres-programs.ts';
import type { Cleanup } from './cleanup.ts';
import { isWarningOrWorse } from './log-lines.ts';
import { type ReservedPort, reservePort } from './processes/ports.ts';
import { createProcessGroup } from './processes/process-group.ts';
import { removeRunRecord } from './run-records.ts';
import { makeStateFolder, runFolder } from './state-folder.ts';

/** One part of a start, with its duration. */
export interface Phase {
  readonly name: string;
  readonly milliseconds: number;
}

/** The durations of the parts of a start. */
export class Phases {
  readonly list: Phase[] = [];

  async time<T>(name: string, work: Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const result = await work;
    this.list.push({ name, milliseconds: Math.round(performance.now() - startedAt) });
    return result;
  }
}

/** The port and the folders of a run. */
export interface Place {
  readonly edgePort: ReservedPort;
  readonly folder: string;
  readonly policyFile: string;
  readonly buildFolder: string;
}

interface PlaceOptions {
  readonly port: number;
  readonly stateFolder: string;
  readonly reset?: boolean;
}

/** Reserves the port and opens the folders; after that, no other run can use them. */
export async function openPlace(options: PlaceOptions, cleanup: Cleanup): Promise<Place> {
  const edgePort = await cleanup.open(
    'port',
    () => reservePort(options.port),
    (port) => port.release(),
  );
  const folder = runFolder(options.stateFolder, edgePort.port);
  if (options.reset === true) await removeState(folder);
  makeStateFolder(folder);
  const policyFile = join(folder, 'runtime-policy', 'current.json');
  const buildFolder = await openBuildFolder(folder, cleanup);
  return { edgePort, folder, policyFile, buildFolder };
}

interface ProgramPorts {
  readonly notice: (text: string) => void;
  /** Receives each line that a process prints. */
  readonly processLine: (name: string, line: string) => void;
}

/** The folder of the logs of a run. */
export function logFolder(folder: string): string {
  const logs = join(folder, 'logs');
  makeStateFolder(logs);
  return logs;
}

/** Opens the group of child processes and starts to bundle the services. */
export async function openPrograms(
  { notice, processLine }: ProgramPorts,
  { buildFolder }: Place,
  cleanup: Cleanup,
  phases: Phases,
) {
  const processes = await cleanup.open('processes', createProcessGroup, (group) => group.close());
  const program = join(buildFolder, 'services', 'main.mjs');
  const programBuilt = phases.time('bundle of the services', tryBundle(program, notice));
  // The build folder must not be removed while the bundle is written.
  await cleanup.open(
    'bundle',
    () => ({ programBuilt }),
    async () => void (await programBuilt),
  );
  const onLine = (name: string, line: string, stream: 'stdout' | 'stderr') => {
    processLine(name, line);
    if (isWarningOrWorse(line, stream)) notice(`${name}: ${line}`);
  };
  return { processes, program, programBuilt, onLine };
}

/** Removes the state of a stopped run. */
async function removeState(folder: string): Promise<void> {
  await stopOrphanedServer(dataFolder(join(folder, 'database')));
  rmSync(folder, { recursive: true, force: true });
}

/** Opens an empty folder for templates and programs; a run that was killed may have left files in it. */
async function openBuildFolder(folder: string, cleanup: Cleanup): Promise<string> {
  const buildFolder = join(folder, 'build');
  const remove = () => rmSync(buildFolder, { recursive: true, force: true });
  removeRunRecord(folder);
  remove();
  await cleanup.open('build folder', () => buildFolder, remove);
  return buildFolder;
}

/** Bundles the services; reports a failure and returns false, and the rest of the run continues. */
async function tryBundle(program: string, notice: (text: string) => void): Promise<boolean> {
  try {
    await bundleServices(program);
    return true;
  } catch (error) {
    notice(`The services cannot be bundled, so their routes return 503.\n${String(error)}`);
    return false;
  }
}
