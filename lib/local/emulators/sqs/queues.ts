import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Deployment } from '../../engine/assembly.ts';
import { UnsupportedFeatures } from '../../engine/unsupported.ts';
import { makeStateFolder } from '../../run/state-folder.ts';
import { serveAwsJson } from '../http/aws-json-server.ts';
import { type QueueDirectory, queueOperations } from './operations.ts';
import { openQueue, type Queue } from './queue.ts';
import { readQueues } from './queue-resources.ts';

/** The queues of the templates, behind SQS' own API. */
export interface Queues {
  /** For `AWS_ENDPOINT_URL_SQS`. */
  readonly url: string;
  /** The queue that a string leads to: its URL, name or ARN, or a reference of the templates. */
  readonly find: (reference: string) => Queue | undefined;
  /** Of a queue, by its id in the templates. */
  readonly arn: (queueId: string) => string;
  /** Ends calls that wait. What is in the queues is kept. */
  close(): void;
}

export interface QueuesOptions {
  /** Where they are kept; one run's alone. */
  readonly folder: string;
  readonly region: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Twelve digits, as the templates have them here. */
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
  const queues: readonly Queue[] = settings.map((each) =>
    openQueue(each, {
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
