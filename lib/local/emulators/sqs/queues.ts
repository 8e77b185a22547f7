import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Deployment } from '../../engine/assembly.ts';
import { UnsupportedFeatures } from '../../engine/unsupported.ts';
import { makeStateFolder } from '../../run/state-folder.ts';
import { serveAwsJson } from '../http/aws-json-server.ts';
import { type QueueDirectory, queueOperations } from './operations.ts';
import { Queue } from './queue.ts';
import { readQueues } from './queue-resources.ts';

/** The SQS queues of the templates, served through the SQS API. */
export interface Queues {
  /** For `AWS_ENDPOINT_URL_SQS`. */
  readonly url: string;
  /** Finds a queue by URL, name, ARN, or resolved reference of a template. */
  readonly find: (reference: string) => Queue | undefined;
  /** The ARN of a queue, from its id in the templates. */
  readonly arn: (queueId: string) => string;
  /** Ends pending receive calls. The messages stay on disk. */
  close(): void;
}

export interface QueuesOptions {
  /** The folder of the journals; no other run may use it. */
  readonly folder: string;
  readonly region: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The account id of the local templates. */
const account = '000000000000';

/**
 * Serves the queues of the templates, with what was in them when the last run ended.
 *
 * @throws {UnsupportedError} when a queue asks for what is not emulated.
 */
export async function startQueues(
  deployment: Deployment,
  { folder, region, now }: QueuesOptions,
): Promise<Queues> {
  const findings = new UnsupportedFeatures();
  const settings = readQueues(deployment, findings);
  findings.throwIfAny();
  makeStateFolder(folder);

  let closing = false;
  const queues: readonly Queue[] = settings.map(
    (each) =>
      new Queue(each, {
        path: join(folder, `${encodeURIComponent(each.name)}.jsonl`),
        now,
        newId: randomUUID,
        queue: (id) => queues.find((queue) => queue.settings.id === id),
      }),
  );
  const find = (reference: string): Queue | undefined => {
    // A URL ends with the name, and so does an ARN.
    const name = reference.split(/[/:]/).at(-1);
    const referred = deployment.byReference(reference)?.id;
    return queues.find((queue) => queue.settings.name === name || queue.settings.id === referred);
  };
  const arn = (queueId: string): string => {
    const name = queues.find((queue) => queue.settings.id === queueId)?.settings.name ?? queueId;
    return `arn:aws:sqs:${region}:${account}:${name}`;
  };
  const directory: QueueDirectory = {
    queues,
    find,
    arn,
    url: (queue) => `${server.url}/${account}/${queue.settings.name}`,
    now,
    closing: () => closing,
  };
  const server = await serveAwsJson({
    targetPrefix: 'AmazonSQS',
    namespace: 'com.amazonaws.sqs',
    operations: queueOperations(directory),
  });
  return {
    url: server.url,
    find,
    arn,
    close() {
      closing = true;
      for (const queue of queues) queue.close();
      server.close();
    },
  };
}
