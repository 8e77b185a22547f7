import { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { AwsCredentials } from '../../../runtime/aws/aws-credentials.ts';
import { callAws } from '../../../runtime/aws/aws-json.ts';
import {
  type EdgeResourceNames,
  edgeRegion,
  edgeResourceNamesParameter,
} from '../../compile/edge-resource-names.ts';
import { logGroups } from '../../compile/log-groups.ts';
import { type ResourceNames, resourceNamesParameter } from '../../compile/resource-names.ts';
import { runtimePolicyNames } from '../../compile/runtime-policy-names.ts';
import type { Configuration } from '../../config/index.ts';
import { OpsFault } from '../commands/ops-error.ts';
import type { OpsPorts } from '../commands/session.ts';
import { createAlarmReader } from './alarm-reader.ts';
import { openAppConfigPolicyStore } from './appconfig-policy-store.ts';
import { callRest } from './aws-rest.ts';
import { createEdgeAccess, type EdgeAccess } from './edge-access.ts';
import { createLogReader } from './log-reader.ts';
import type { Deployed } from './open-gateway.ts';

/** A deployed environment, by the ordinary credentials of AWS's tools: variables, profiles, single sign-on, roles. */
export async function openAws({ catalogue, environment }: Configuration, ports: OpsPorts): Promise<Deployed> {
  const { name, region } = environment;
  const credentials = await credentialsFor(region);
  const endpoint = (service: string) => endpointOf(service, region, ports.environment);
  const [operations, who, policies] = await Promise.all([
    readOperations(endpoint('ssm'), credentials, name),
    callerOf(endpoint('sts'), credentials),
    openAppConfigPolicyStore(endpoint('appconfig'), credentials, runtimePolicyNames(name)),
  ]);
  return {
    operations,
    endpoints: {
      dynamodb: endpoint('dynamodb'),
      secretsManager: endpoint('secretsmanager'),
      lambda: endpoint('lambda'),
      sqs: endpoint('sqs'),
    },
    credentials,
    who,
    policies,
    edge: async () => await openEdge(credentials, name, ports),
    logs: async () => {
      const { CloudWatchLogs } = await import('@aws-sdk/client-cloudwatch-logs');
      const client = new CloudWatchLogs({ region, credentials, endpoint: endpoint('logs') });
      return createLogReader({ client, groups: logGroups(catalogue), environment: name, region });
    },
    alarms: async () => {
      const { CloudWatch } = await import('@aws-sdk/client-cloudwatch');
      return createAlarmReader({
        clientIn: (where) =>
          new CloudWatch({
            region: where,
            credentials,
            endpoint: endpointOf('monitoring', where, ports.environment),
          }),
        // The alarms of the edge are where CloudFront reports.
        regions: [...new Set([region, edgeRegion])],
      });
    },
  };
}

/** CloudFront is at home in one region, and its key-value stores in an address of the account's own. */
async function openEdge(
  credentials: AwsCredentials,
  environment: string,
  ports: OpsPorts,
): Promise<EdgeAccess> {
  const home = { ...credentials, region: edgeRegion };
  const parameter = edgeResourceNamesParameter(environment);
  const operations = (await readParameter(
    endpointOf('ssm', edgeRegion, ports.environment),
    home,
    parameter,
    environment,
  )) as EdgeResourceNames;
  const account = operations.switchesArn.split(':')[4] ?? '';
  const cloudfront = ports.environment['AWS_ENDPOINT_URL_CLOUDFRONT'];
  const keyValues = ports.environment['AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE'];
  return createEdgeAccess(
    {
      cloudfront: cloudfront || 'https://cloudfront.amazonaws.com',
      keyValues: keyValues || `https://${account}.cloudfront-kvs.global.api.aws`,
    },
    home,
    operations,
  );
}

async function credentialsFor(region: string): Promise<AwsCredentials> {
  try {
    const { accessKeyId, secretAccessKey, sessionToken } = await defaultProvider()();
    return {
      accessKeyId,
      secretAccessKey,
      region,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    };
  } catch (cause) {
    throw new OpsFault(
      `There are no credentials for AWS (${cause instanceof Error ? cause.message : String(cause)}).`,
      'Sign in, such as with aws sso login, or set AWS_PROFILE.',
      1,
      { cause },
    );
  }
}

/** The variables of AWS's tools: `AWS_ENDPOINT_URL_DYNAMODB`, or `AWS_ENDPOINT_URL` for all. */
export function endpointOf(service: string, region: string, environment: OpsPorts['environment']): string {
  const names: Readonly<Record<string, string>> = {
    secretsmanager: 'SECRETS_MANAGER',
    monitoring: 'CLOUDWATCH',
    logs: 'CLOUDWATCH_LOGS',
  };
  const own = environment[`AWS_ENDPOINT_URL_${names[service] ?? service.toUpperCase()}`];
  const given = own ?? environment['AWS_ENDPOINT_URL'];
  return given === undefined || given === ''
    ? `https://${service}.${region}.amazonaws.com`
    : given.replace(/\/$/, '');
}

async function readOperations(
  endpoint: string,
  credentials: AwsCredentials,
  environment: string,
): Promise<ResourceNames> {
  const name = resourceNamesParameter(environment);
  return (await readParameter(endpoint, credentials, name, environment)) as ResourceNames;
}

async function readParameter(
  endpoint: string,
  credentials: AwsCredentials,
  Name: string,
  environment: string,
): Promise<unknown> {
  const service = { name: 'ssm', targetPrefix: 'AmazonSSM', protocolVersion: '1.1', endpoint } as const;
  const { status, text } = await callAws(service, credentials, 'GetParameter', { Name }, 10_000).catch(
    (cause: unknown) => {
      throw new OpsFault(
        `The Parameter Store at ${endpoint} does not answer (${String(cause)}).`,
        'Try again.',
        1,
        {
          cause,
        },
      );
    },
  );
  if (status === 200) {
    const { Parameter } = JSON.parse(text) as { Parameter: { Value: string } };
    return JSON.parse(Parameter.Value);
  }
  throw new OpsFault(
    `The parameter ${Name} cannot be read (${status}): ${text}`,
    `See that ${environment} is deployed, and that the credentials are those of its account.`,
  );
}

/** The caller's ARN. */
async function callerOf(endpoint: string, credentials: AwsCredentials): Promise<string> {
  const { text } = await callRest(credentials, {
    service: 'sts',
    endpoint,
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
  });
  const [arn] = /arn:[a-z-]+:(iam|sts)::\d{12}:[^<"\s]+/.exec(text) ?? [];
  if (arn !== undefined) return arn;
  throw new OpsFault(`AWS does not say whose credentials these are: ${text}`, 'Sign in again.');
}
