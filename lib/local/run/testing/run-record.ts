import type { RunRecord } from '../run-records.ts';
import { makeStateFolder, runFolder } from '../state-folder.ts';

/** The folder of the run that serves at a URL, made. */
export function recordFolder(stateFolder: string, url: string): string {
  const folder = runFolder(stateFolder, Number(new URL(url).port));
  makeStateFolder(folder);
  return folder;
}

/** A record of this process, whose every address is one URL. */
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
        webhookQueue: '',
        webhookDeadLetterQueue: '',
      },
      edge: { distributionId: '', switchesArn: '' },
      endpoints: { dynamodb: url, secretsManager: url, lambda: url, cloudfront: url, sqs: url },
    },
  };
}
