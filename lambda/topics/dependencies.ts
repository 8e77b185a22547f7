import { setTimeout as delay } from 'node:timers/promises';
import { awsCredentials } from '../../runtime/aws/aws-credentials.ts';
import { eventLogEnv } from '../../runtime/contracts/gateway-contract.ts';
import { requireEnv } from '../../runtime/environment/environment-variables.ts';
import { openTopicAdmin } from '../../runtime/events/kafka-topics.ts';
import { openKafkaCluster } from '../../runtime/events/open-event-log.ts';
import { requestText, UnexpectedStatusError } from '../../runtime/http/fetch-json.ts';
import { applyTopics } from './apply-topics.ts';
import type { ResourcePorts } from './custom-resource.ts';

/** MSK Serverless keeps each partition three times. */
const replicas = 3;

/** The function's real dependencies: its cluster, and CloudFormation. */
export function productionTopicsPorts(): ResourcePorts {
  const environment = process.env;
  const cluster = openKafkaCluster(requireEnv(environment, eventLogEnv.url), {
    clientId: 'topics',
    nowMs: Date.now,
    wait: (ms) => delay(ms),
    writeLine: () => {},
    credentials: () => awsCredentials(environment),
  });
  if (cluster === null)
    throw new Error(`${eventLogEnv.url} is not the URL of a Kafka cluster. Give msk:<cluster ARN>.`);
  return {
    async apply(topics) {
      const admin = await openTopicAdmin(cluster, replicas);
      try {
        return await applyTopics(admin, topics);
      } finally {
        await admin.close();
      }
    },
    async answer(url, body) {
      // The presigned URL requires a request without a content type.
      const { status } = await requestText(url, {
        method: 'PUT',
        headers: { 'content-type': '', 'content-length': String(Buffer.byteLength(body)) },
        body,
        timeoutMilliseconds: 10_000,
      });
      if (status !== 200) throw new UnexpectedStatusError('CloudFormation', status);
    },
    log: (line) => process.stdout.write(`${line}\n`),
  };
}
