import type { AwsCredentials } from '../aws/aws-credentials.ts';
import { callAwsRest } from '../aws/aws-rest.ts';
import { UnexpectedStatusError } from '../http/fetch-json.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { createMskToken } from './msk-token.ts';

export interface MskClusterDependencies {
  readonly clientId: string;
  readonly nowMs: () => number;
  readonly credentials: () => Omit<AwsCredentials, 'region'> | Promise<Omit<AwsCredentials, 'region'>>;
  /** Base URL of the MSK API, without a path. @default that of the cluster's region */
  readonly endpoint?: string;
}

const clusterArn = /^arn:aws[a-z-]*:kafka:([a-z0-9-]+):\d{12}:cluster\/[^/]+\/[^/]+$/;

/**
 * Addresses change when brokers are added or replaced; a client that cannot reach the old ones requests them
 * again.
 */
const freshMilliseconds = 5 * 60_000;

/**
 * An MSK cluster with TLS and IAM authentication. Its brokers are requested with the first connection and
 * kept for five minutes.
 *
 * @throws {Error} if the ARN is not that of a cluster.
 */
export function mskCluster(arn: string, dependencies: MskClusterDependencies): KafkaCluster {
  const region = clusterArn.exec(arn)?.[1];
  if (region === undefined) {
    throw new Error(
      `${JSON.stringify(arn)} is not the ARN of an MSK cluster. Use arn:aws:kafka:REGION:ACCOUNT:cluster/NAME/ID.`,
    );
  }
  const { clientId, nowMs, endpoint = `https://kafka.${region}.amazonaws.com` } = dependencies;
  const credentials = async () => ({ ...(await dependencies.credentials()), region });
  let known: { readonly brokers: readonly string[]; readonly atMs: number } | null = null;
  return {
    clientId,
    createsTopics: false,
    async brokers() {
      if (known === null || nowMs() - known.atMs > freshMilliseconds) {
        known = { brokers: await fetchBrokers(endpoint, arn, await credentials()), atMs: nowMs() };
      }
      return known.brokers;
    },
    token: async () => ({ value: createMskToken(await credentials(), new Date(nowMs())) }),
  };
}

/** https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-bootstrap-brokers.html */
async function fetchBrokers(
  endpoint: string,
  arn: string,
  credentials: AwsCredentials,
): Promise<readonly string[]> {
  const path = `/v1/clusters/${encodeURIComponent(arn)}/bootstrap-brokers`;
  const service = { service: 'kafka', endpoint };
  const { status, text } = await callAwsRest(service, credentials, { method: 'GET', path });
  if (status !== 200) throw new UnexpectedStatusError(`kafka:GetBootstrapBrokers of ${arn}`, status);
  const { bootstrapBrokerStringSaslIam: brokers } = JSON.parse(text) as {
    readonly bootstrapBrokerStringSaslIam?: string;
  };
  if (brokers === undefined || brokers === '') {
    throw new Error(`${arn} has no brokers for IAM. Enable IAM access control on the cluster.`);
  }
  return brokers.split(',');
}
