import { SSM } from '@aws-sdk/client-ssm';
import { STS } from '@aws-sdk/client-sts';
import {
  type EdgeResourceNames,
  edgeRegion,
  edgeResourceNamesParameter,
} from '../../compile/edge-resource-names.ts';
import { logGroups } from '../../compile/log-groups.ts';
import { type ResourceNames, resourceNamesParameter } from '../../compile/resource-names.ts';
import { runtimePolicyNames } from '../../compile/runtime-policy-names.ts';
import type { Configuration } from '../../config/index.ts';
import { OpsError } from '../commands/ops-error.ts';
import { createAlarmReader } from './alarm-reader.ts';
import { openAppConfigPolicyStore } from './appconfig-policy-store.ts';
import { awsClients, awsEdgeClients, clientSettings, lazyClient, sendToAws } from './aws-clients.ts';
import { createEdgeAccess } from './edge-access.ts';
import type { OpenedGateway } from './gateway-access.ts';
import { createLogReader } from './log-reader.ts';

/** Opens a deployed environment with the credentials and endpoints that the AWS tools use. */
export async function openAws({ catalogue, environment }: Configuration): Promise<OpenedGateway> {
  const { name, region } = environment;
  const [resources, who, policies] = await Promise.all([
    readParameter<ResourceNames>(region, resourceNamesParameter(name)),
    callerArn(region),
    openAppConfigPolicyStore(region, runtimePolicyNames(name)),
  ]);
  return {
    resources,
    clients: awsClients(region),
    who,
    policies,
    edge: async () =>
      createEdgeAccess(
        awsEdgeClients(),
        await readParameter<EdgeResourceNames>(edgeRegion, edgeResourceNamesParameter(name)),
      ),
    logs: createLogReader({
      client: lazyClient(async () => {
        const { CloudWatchLogs } = await import('@aws-sdk/client-cloudwatch-logs');
        return new CloudWatchLogs({ ...clientSettings, region });
      }),
      groups: logGroups(catalogue),
      environment: name,
      region,
    }),
    alarms: createAlarmReader({
      clientIn: (where) =>
        lazyClient(async () => {
          const { CloudWatch } = await import('@aws-sdk/client-cloudwatch');
          return new CloudWatch({ ...clientSettings, region: where });
        }),
      // The alarms of the edge are in the region in which CloudFront reports.
      regions: [...new Set([region, edgeRegion])],
    }),
  };
}

async function readParameter<T>(region: string, Name: string): Promise<T> {
  const ssm = new SSM({ ...clientSettings, region });
  const found = await sendToAws(`Parameter Store GetParameter of ${Name}`, ssm.getParameter({ Name }));
  return JSON.parse(found?.Parameter?.Value ?? '{}') as T;
}

async function callerArn(region: string): Promise<string> {
  const sts = new STS({ ...clientSettings, region });
  const caller = await sendToAws('STS GetCallerIdentity', sts.getCallerIdentity({}));
  if (caller?.Arn !== undefined) return caller.Arn;
  throw new OpsError('STS did not return the identity of the caller.', 'Sign in again.');
}
