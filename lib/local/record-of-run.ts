import type { Configuration } from '../config/index.ts';
import type { Assembly } from './assembly.ts';
import type { DataPlane } from './data-plane.ts';
import type { Issuer } from './issuer/issuer.ts';
import { readEdgeOperations, readOperations } from './operations.ts';
import type { RunRecord } from './run-records.ts';
import { localAudience } from './surroundings.ts';

interface Recorded {
  readonly folder: string;
  readonly policyFile: string;
  readonly issuer: Issuer;
  readonly gateway: DataPlane;
  readonly assembly: Assembly;
  readonly configuration: Configuration;
}

/** What other terminals must know of a run that serves. */
export function recordOf({
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
