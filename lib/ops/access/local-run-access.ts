import { localCredentials } from '../../local/run/local-credentials.ts';
import { findRun, RunNotFoundError } from '../../local/run/run-records.ts';
import { exitCodes, OpsError } from '../commands/ops-error.ts';
import type { OpsPorts } from '../commands/session.ts';
import { localClients, localEdgeClients } from './aws-clients.ts';
import { createEdgeAccess } from './edge-access.ts';
import { createFilePolicyStore } from './file-policy-store.ts';
import type { OpenedGateway } from './gateway-access.ts';

/** Opens the local run on this port, or the only local run if no port is given. */
export async function openLocalRun(
  port: string | undefined,
  { stateFolder, environment, user }: OpsPorts,
): Promise<OpenedGateway> {
  const run = await findRun({ stateFolder, port, environment }).catch((error: unknown) => {
    if (!(error instanceof RunNotFoundError)) throw error;
    const [message = '', ...remedy] = error.message.split(/(?<=\.) /);
    throw new OpsError(message, remedy.join(' '), error.exitCode === 2 ? exitCodes.usage : exitCodes.failed);
  });
  const { policyFile, operations, endpoints, edge } = run.operator;
  return {
    resources: operations,
    clients: localClients(endpoints, localCredentials),
    who: user,
    issuer: run.issuer,
    policies: createFilePolicyStore(policyFile),
    edge: () =>
      Promise.resolve(
        createEdgeAccess(localEdgeClients(endpoints, localCredentials), {
          ...edge,
          // The client accepts ARNs only. The emulator finds the store by the name at the end.
          switchesArn: `arn:aws:cloudfront::000000000000:key-value-store/${edge.switchesArn}`,
        }),
      ),
  };
}
