import { localCredentials } from '../../local/run/local-credentials.ts';
import { findRun, NoSuchRun } from '../../local/run/run-records.ts';
import { exitCodes, OpsFault } from '../commands/ops-error.ts';
import type { OpsPorts } from '../commands/session.ts';
import { createEdgeAccess } from './edge-access.ts';
import { createFilePolicyStore } from './file-policy-store.ts';
import type { Deployed } from './open-gateway.ts';

/** The run of `npm start` on this machine that the port names, else the only one. */
export async function openLocalRun(
  port: string | undefined,
  { stateFolder, environment, user }: OpsPorts,
): Promise<Deployed> {
  const run = await findRun({ stateFolder, port, environment }).catch((error: unknown) => {
    if (!(error instanceof NoSuchRun)) throw error;
    const [message = '', ...remedy] = error.message.split(/(?<=\.) /);
    throw new OpsFault(message, remedy.join(' '), error.exitCode === 2 ? exitCodes.usage : exitCodes.failed);
  });
  const { policyFile, operations, endpoints, edge } = run.operator;
  const { cloudfront } = endpoints;
  return {
    operations,
    endpoints,
    credentials: localCredentials,
    who: user,
    issuer: run.issuer,
    policies: createFilePolicyStore(policyFile),
    logs: () =>
      Promise.reject(
        new OpsFault(
          'The local run keeps no log groups.',
          'See the terminal of npm start: it prints warnings, errors and the access log.',
        ),
      ),
    alarms: () =>
      Promise.reject(new OpsFault('The local run has no alarms.', 'Give an environment in AWS with --env.')),
    edge: () =>
      Promise.resolve(createEdgeAccess({ cloudfront, keyValues: cloudfront }, localCredentials, edge)),
  };
}
