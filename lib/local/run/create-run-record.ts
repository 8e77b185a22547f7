import type { Configuration } from '../../config/index.ts';
import type { Assembly } from '../engine/assembly.ts';
import type { DataPlane } from '../engine/data-plane.ts';
import { readEdgeOperations, readOperations } from '../engine/resource-names.ts';
import type { Issuer } from './issuer/issuer.ts';
import { localAudience } from './local-dependencies.ts';
import type { RunRecord } from './run-records.ts';

interface Recorded {
  readonly folder: string;
  readonly policyFile: string;
  readonly issuer: Issuer;
  readonly gateway: DataPlane;
  readonly assembly: Assembly;
  readonly configuration: Configuration;
}

/** Creates the record of a started run for commands in other terminals. */
export function runRecordOf({
  folder,
  policyFile,
  issuer,
  gateway,
  assembly,
  configuration,
}: Recorded): RunRecord {
  const { name } = configuration.environment;
  return {
    processId: process.pid,
    url: gateway.edgeUrl,
    issuer: issuer.url,
    audience: localAudience,
    folder,
    operator: {
      policyFile,
      operations: readOperations(assembly, name),
      edge: readEdgeOperations(assembly, name),
      endpoints: {
        dynamodb: gateway.tablesUrl,
        secretsManager: gateway.secretsUrl,
        lambda: gateway.lambdaUrl,
        cloudfront: gateway.cloudfrontUrl,
        sqs: gateway.queuesUrl,
      },
    },
  };
}
