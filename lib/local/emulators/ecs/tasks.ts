import { freePort, loopback, waitForPort } from '../../run/processes/ports.ts';
import {
  describeExit,
  type ProcessGroup,
  type ProcessSpec,
  type RunningProcess,
} from '../../run/processes/process-group.ts';
import { type SupervisedProcess, supervise } from '../../run/processes/supervise.ts';
import type { TaskSpec } from './task-specs.ts';

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** The processes of the services of a run. */
export interface Tasks {
  /** Starts the tasks of a service and restarts them after a crash. Resolves when each accepts connections or has ended. */
  run(spec: TaskSpec): Promise<void>;
  /** The tasks of a target group that accept connections. */
  targets(targetGroupId: string): readonly Target[];
  /** @throws {Error} when the service does not exist; the message lists the services. */
  stop(serviceName: string): Promise<void>;
  /**
   * Starts a stopped service again. Resolves when each task accepts connections or has ended.
   *
   * @throws {Error} when the service does not exist; the message lists the services.
   */
  start(serviceName: string): Promise<void>;
  /** Stops all tasks. */
  close(): Promise<void>;
}

export interface TaskPorts {
  readonly processes: ProcessGroup;
  /** The bundle of the services, a file for Node.js. */
  readonly program: string;
  /** Variables that own programs need to find others: `PATH`, `HOME`. */
  readonly inherited: Readonly<Record<string, string>>;
  /** The folder of `cdk.json`, in which own programs run. */
  readonly projectFolder: string;
  readonly onLine: (serviceName: string, line: string, stream: 'stdout' | 'stderr') => void;
  readonly notice: (text: string) => void;
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
}

interface Task {
  readonly supervised: Pick<SupervisedProcess, 'start' | 'stop'>;
  /** Resolves when its current process accepts connections or has ended. */
  readonly settled: () => Promise<void>;
}

/** Runs ECS services as processes. A task that ends leaves its target groups and is restarted. */
export function createTasks(ports: TaskPorts): Tasks {
  const { join, leave, targets } = targetGroups();
  const services = new Map<string, readonly Task[]>();

  /** Runs one process of a task; it is in its target groups while it accepts connections. */
  const begin = async (spec: TaskSpec, onReady: () => void): Promise<RunningProcess> => {
    const target = { host: loopback, port: spec.port ?? (await freePort()) };
    let ended = false;
    const life = ports.processes.start(processSpec(spec, target.port, ports));
    void life.exited.then(() => {
      ended = true;
      leave(spec, target);
      onReady();
    });
    void waitForPort(target.port, () => ended).then((accepts) => {
      if (accepts && !ended) join(spec, target);
      onReady();
    });
    return life;
  };

  const runTask = (spec: TaskSpec): Task => {
    let settled = Promise.resolve();
    const supervised = supervise({
      begin: () => {
        let settle = () => {};
        settled = new Promise((resolve) => {
          settle = resolve;
        });
        return begin(spec, settle);
      },
      onCrash: (exit, delay) =>
        ports.notice(
          `Service ${spec.name} ${describeExit(exit)}. It restarts in ${delay / 1_000} s; the other services keep running.`,
        ),
      now: ports.now,
    });
    return { supervised, settled: () => settled };
  };

  const named = (serviceName: string): readonly Task[] => {
    const tasks = services.get(serviceName);
    if (tasks !== undefined) return tasks;
    throw new Error(`Service ${serviceName} does not exist. Services: ${[...services.keys()].join(', ')}.`);
  };
  const allSettled = (tasks: readonly Task[]) => Promise.all(tasks.map(({ settled }) => settled()));
  const allStopped = (tasks: readonly Task[]) =>
    Promise.all(tasks.map(({ supervised }) => supervised.stop()));

  return {
    async run(spec) {
      const { program } = spec;
      const tasks =
        program !== undefined && 'url' in program
          ? [
              serverTask(
                program.url,
                (target) => join(spec, target),
                (target) => leave(spec, target),
              ),
            ]
          : Array.from({ length: spec.count }, () => runTask(spec));
      services.set(spec.name, tasks);
      await allSettled(tasks);
    },
    targets,
    async stop(serviceName) {
      await allStopped(named(serviceName));
    },
    async start(serviceName) {
      const tasks = named(serviceName);
      for (const { supervised } of tasks) supervised.start();
      await allSettled(tasks);
    },
    async close() {
      await allStopped([...services.values()].flat());
    },
  };
}

/** Which targets are in which target groups. */
function targetGroups() {
  const groups = new Map<string, Set<Target>>();
  return {
    join: (spec: TaskSpec, target: Target): void => {
      for (const id of spec.targetGroups) groups.set(id, (groups.get(id) ?? new Set()).add(target));
    },
    leave: (spec: TaskSpec, target: Target): void => {
      for (const id of spec.targetGroups) groups.get(id)?.delete(target);
    },
    targets: (id: string): readonly Target[] => [...(groups.get(id) ?? [])],
  };
}

/** A server that somebody else runs; it is in its target groups until the service is stopped. */
function serverTask(url: string, join: (target: Target) => void, leave: (target: Target) => void): Task {
  const { hostname: host, port } = new URL(url);
  const target = { host, port: Number(port) };
  join(target);
  return {
    supervised: { start: () => join(target), stop: () => Promise.resolve(leave(target)) },
    settled: () => Promise.resolve(),
  };
}

function processSpec(spec: TaskSpec, port: number, { program, ...ports }: TaskPorts): ProcessSpec {
  const own = spec.program !== undefined && 'command' in spec.program ? spec.program.command : undefined;
  const [command = process.execPath, ...args] = own ?? [process.execPath, program];
  return {
    name: spec.name,
    command,
    args,
    env: {
      ...(own === undefined ? {} : ports.inherited),
      ...spec.environment,
      PORT: String(port),
      // With PARENT set, a service of the shop listens on the loopback address only.
      GATEHOUSE_PARENT: '1',
    },
    ...(own === undefined ? {} : { cwd: ports.projectFolder }),
    onLine: (line, stream) => ports.onLine(spec.name, line, stream),
  };
}
