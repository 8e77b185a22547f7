import type { RunRecord } from '../run-records.ts';
import { makeStateFolder, runFolder } from '../state-folder.ts';

/** Creates the folder of a run with this URL. */
export function recordFolder(stateFolder: string, url: string): string {
  const folder = runFolder(stateFolder, Number(new URL(url).port));
  makeStateFolder(folder);
  return folder;
}

/** A record of this process with the same URL for all addresses. */
export function recordFor(folder: string, url: string): RunRecord {
  return {
    processId: process.pid,
    url,
    issuer: url,
    audience: 'store-api',
    folder,
    operator: {
      policyFile: '',
      operations: {
        clientsTable: '',
        usageTable: '',
        auditTable: '',
        authorizer: '',
        revocation: '',
        deadLetterQueues: {},
      },
      edge: { distributionId: '', switchesArn: '' },
      endpoints: { dynamodb: url, secretsManager: url, lambda: url, cloudfront: url, sqs: url },
    },
  };
}
