import { SSM } from '@aws-sdk/client-ssm';
import { STS } from '@aws-sdk/client-sts';
import {
  type EdgeResourceNames,
  edgeRegion,
  edgeResourceNamesParameter,
} from '../../compile/edge-resource-names.ts';
import { type ResourceNames, resourceNamesParameter } from '../../compile/resource-names.ts';
import { runtimePolicyNames } from '../../compile/runtime-policy-names.ts';
import type { Configuration } from '../../config/index.ts';
import { OpsError } from '../commands/ops-error.ts';
import { openAppConfigPolicyStore } from './appconfig-policy-store.ts';
import { awsClients, awsEdgeClients, callAws, clientSettings } from './aws-clients.ts';
import { createEdgeAccess } from './edge-access.ts';
import type { OpenedGateway } from './gateway-access.ts';

/** Opens a deployed environment with the credentials and endpoints that the AWS tools use. */
export async function openAws({ environment }: Configuration): Promise<OpenedGateway> {
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
  };
}

async function readParameter<T>(region: string, Name: string): Promise<T> {
  const ssm = new SSM({ ...clientSettings, region });
  const found = await callAws(`Parameter Store GetParameter of ${Name}`, ssm.getParameter({ Name }));
  return JSON.parse(found?.Parameter?.Value ?? '{}') as T;
}

async function callerArn(region: string): Promise<string> {
  const sts = new STS({ ...clientSettings, region });
  const caller = await callAws('STS GetCallerIdentity', sts.getCallerIdentity({}));
  if (caller?.Arn !== undefined) return caller.Arn;
  throw new OpsError('STS did not return the identity of the caller.', 'Sign in again.');
}
