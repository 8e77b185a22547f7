import { freePort, loopback, waitForPort } from '../processes/ports.ts';
import {
  describeExit,
  type ProcessGroup,
  type ProcessSpec,
  type RunningProcess,
} from '../processes/process-group.ts';
import { type SupervisedProcess, supervise } from '../processes/supervise.ts';
import type { TaskSpec } from './task-specs.ts';

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** The services' processes of one run. */
export interface Tasks {
  /** Starts a service's tasks and keeps them running. Resolves when each accepts connections or has ended. */
  run(spec: TaskSpec): Promise<void>;
  /** Tasks of a target group that accept connections now. */
  targets(targetGroupId: string): readonly Target[];
  /** @throws {Error} that names the services there are. */
  stop(serviceName: string): Promise<void>;
  /** Starts a stopped service again. @throws {Error} that names the services there are. */
  start(serviceName: string): void;
  /** Ends every task, for good. */
  close(): Promise<void>;
}

export interface TaskPorts {
  readonly processes: ProcessGroup;
  /** The program of the services' image, a file that Node runs. */
  readonly program: string;
  readonly onLine: (serviceName: string, line: string, stream: 'stdout' | 'stderr') => void;
  readonly notice: (text: string) => void;
  /** Milliseconds on a clock that only goes forward. */
  readonly now: () => number;
}

/** Runs ECS services as processes: one that ends leaves its target groups and is started again. */
export function createTasks(ports: TaskPorts): Tasks {
  const groups = new Map<string, Set<Target>>();
  const services = new Map<string, readonly SupervisedProcess[]>();

  const join = (spec: TaskSpec, target: Target): void => {
    for (const id of spec.targetGroups) {
      const group = groups.get(id) ?? new Set();
      groups.set(id, group.add(target));
    }
  };
  const leave = (spec: TaskSpec, target: Target): void => {
    for (const id of spec.targetGroups) groups.get(id)?.delete(target);
  };

  /** One life of a task, which belongs to its target groups while it accepts connections. */
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

  const keepRunning = (spec: TaskSpec, onReady: () => void): SupervisedProcess =>
    supervise({
      begin: () => begin(spec, onReady),
      onCrash: (exit, delay) =>
        ports.notice(
          `Service ${spec.name} ${describeExit(exit)}. It starts again in ${delay / 1_000} s; the others keep serving.`,
        ),
      now: ports.now,
    });

  const named = (serviceName: string): readonly SupervisedProcess[] => {
    const service = services.get(serviceName);
    if (service !== undefined) return service;
    throw new Error(`There is no service ${serviceName}. There are: ${[...services.keys()].join(', ')}.`);
  };

  return {
    async run(spec) {
      const processes: SupervisedProcess[] = [];
      services.set(spec.name, processes);
      const ready = Array.from(
        { length: spec.count },
        () => new Promise<void>((onReady) => processes.push(keepRunning(spec, onReady))),
      );
      await Promise.all(ready);
    },
    targets: (targetGroupId) => [...(groups.get(targetGroupId) ?? [])],
    async stop(serviceName) {
      await Promise.all(named(serviceName).map((process) => process.stop()));
    },
    start(serviceName) {
      for (const process of named(serviceName)) process.start();
    },
    async close() {
      await Promise.all([...services.values()].flat().map((process) => process.stop()));
    },
  };
}

function processSpec(spec: TaskSpec, port: number, { program, onLine }: TaskPorts): ProcessSpec {
  return {
    name: spec.name,
    command: process.execPath,
    args: [program],
    // With a parent, a service listens on loopback only.
    env: { ...spec.environment, PORT: String(port), GATEHOUSE_PARENT: '1' },
    onLine: (line, stream) => onLine(spec.name, line, stream),
  };
}
