import { localCredentials } from '../local/local-credentials.ts';
import { readRunState } from '../local/state-folder.ts';
import { createEdgeAccess } from './edge-access.ts';
import { OpsFault } from './fault.ts';
import { createFilePolicyStore } from './file-policy-store.ts';
import type { Deployed } from './open-gateway.ts';
import type { OpsPorts } from './session.ts';

/** The run of `npm start` on this machine, by what it has written into its state folder. */
export function openLocalRun({ stateFolder, user }: OpsPorts): Deployed {
  const run = readRunState(stateFolder);
  if (run?.operator === undefined) {
    throw new OpsFault(
      `No local run has been started yet (${stateFolder} has none).`,
      'Start one with npm start, then give the command again.',
    );
  }
  const { policyFile, operations, endpoints, edge } = run.operator;
  const { cloudfront } = endpoints;
  return {
    operations,
    endpoints,
    credentials: localCredentials,
    who: user,
    issuer: run.issuer,
    policies: createFilePolicyStore(policyFile),
    edge: () =>
      Promise.resolve(createEdgeAccess({ cloudfront, keyValues: cloudfront }, localCredentials, edge)),
  };
}
