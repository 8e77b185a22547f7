import { randomInt, randomUUID } from 'node:crypto';
import { env as aggregationEnv } from '../../lambda/aggregation/contract.ts';
import type { Assembly } from './assembly.ts';
import type { Cleanup } from './cleanup.ts';
import { createFunctions } from './functions/functions.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { freePort, loopback } from './processes/ports.ts';
import type { ProcessGroup } from './processes/process-group.ts';
import { startSecretsManager } from './secrets/secrets-manager.ts';
import { readTaskSpecs, type TaskSpec } from './tasks/task-specs.ts';
import type { Tasks } from './tasks/tasks.ts';

export interface DataPlaneOptions {
  readonly assembly: Assembly;
  readonly region: string;
  readonly edgePort: number;
  /** Services that run beside those of the templates. */
  readonly externals: readonly TaskSpec[];
  readonly processes: ProcessGroup;
  readonly tasks: Tasks;
  /** Whether the services' program is there; without it they do not run. */
  readonly programBuilt: Promise<boolean>;
  readonly cleanup: Cleanup;
  readonly onLine: (name: string, line: string, stream: 'stdout' | 'stderr') => void;
  readonly accessLog: (line: string) => void;
  readonly notice: (text: string) => void;
  /** Milliseconds since 1970 for the edge, the API and the load balancer. */
  readonly now: () => number;
}

/**
 * Starts what the templates describe: secrets, functions, services, and the gateway in front of them. A function or
 * service that does not start is told of, and the rest serves.
 *
 * @throws {UnsupportedError} when the templates ask for what is not emulated.
 */
export async function startDataPlane(options: DataPlaneOptions): Promise<Gateway> {
  const { assembly, cleanup, notice, tasks } = options;
  const specs = [...readTaskSpecs(assembly), ...options.externals];
  const secrets = await startSecretsManager(assembly, randomInt);
  cleanup.add(() => secrets.close());
  const loadBalancerPort = await freePort();
  const functions = createFunctions(
    assembly,
    {
      region: options.region,
      variables: {
        AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
        // A laptop has no name for it.
        [aggregationEnv.loadBalancerUrl]: `http://${loopback}:${loadBalancerPort}`,
      },
    },
    {
      processes: options.processes,
      onLine: options.onLine,
      notice,
      now: Date.now,
      newRequestId: randomUUID,
    },
  );
  const gateway = await startGateway(
    assembly,
    {
      invoke: (reference, event) => functions.invoke(reference, event),
      targets: (targetGroupId) => tasks.targets(targetGroupId),
      secret: (name) => secrets.value(name),
      now: options.now,
      requestId: randomUUID,
      accessLog: options.accessLog,
      notice,
    },
    { edgePort: options.edgePort, loadBalancerPort, host: loopback },
  );
  cleanup.add(() => gateway.close());
  const runServices = async () => {
    if (await options.programBuilt) await Promise.all(specs.map((spec) => tasks.run(spec)));
  };
  await Promise.all([functions.warm(), runServices()]);
  return gateway;
}
