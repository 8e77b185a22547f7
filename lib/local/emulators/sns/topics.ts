import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Deployment } from '../../engine/assembly.ts';
import { UnsupportedFeatures } from '../../engine/unsupported.ts';
import { openAppendOnlyLog } from '../../run/append-only-log.ts';
import { makeStateFolder } from '../../run/state-folder.ts';
import { readBody, serveOnLoopback } from '../http/loopback-server.ts';
import type { Queues } from '../sqs/queues.ts';
import { errorResponse, escaped, type QueryResponse, resultResponse } from './query-responses.ts';
import { readTopics, type Subscriber, type TopicSettings } from './topic-resources.ts';

/** The SNS topics of the templates, served through the SNS API. */
export interface Topics {
  /** For `AWS_ENDPOINT_URL_SNS`. A GET request returns the latest messages as JSON. */
  readonly url: string;
  /** Finds a topic by ARN, name, or resolved reference of a template. */
  readonly find: (reference: string) => TopicSettings | undefined;
  /** Sends a message to the subscribers of the topic. Returns the message id. */
  readonly publish: (topic: TopicSettings, message: OutgoingMessage) => string;
  close(): void;
}

interface OutgoingMessage {
  readonly message: string;
  readonly subject?: string | undefined;
}

interface Published extends OutgoingMessage {
  readonly topic: string;
  readonly id: string;
  readonly time: string;
}

export interface TopicsOptions {
  readonly queues: Pick<Queues, 'find'>;
  /** The folder of the published messages; no other run may use it. */
  readonly folder: string;
  readonly notice: (text: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The maximum size of a message with its attributes (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html). */
const maxMessageBytes = 262_144;
const keptMessages = 1_000;

/**
 * Serves Publish and PublishBatch for the topics of the templates.
 *
 * @throws {UnsupportedError} when a topic or subscription uses a property that is not emulated.
 */
export async function startTopics(deployment: Deployment, options: TopicsOptions): Promise<Topics> {
  const findings = new UnsupportedFeatures();
  const topics = readTopics(deployment, findings);
  findings.throwIfAny();
  makeStateFolder(options.folder);
  const published: Published[] = [];
  const journal = openAppendOnlyLog<Published>(join(options.folder, 'published.jsonl'), () => published);
  const keep = (message: Published) => {
    published.push(message);
    if (published.length > keptMessages) published.shift();
  };
  for (const earlier of journal.earlier) keep(earlier);

  const deliver = (subscriber: Subscriber, message: Published): void => {
    if (subscriber.kind === 'queue') {
      const body = subscriber.raw ? message.message : notification(message);
      options.queues.find(subscriber.queueId)?.send({ body, attributes: {} });
    } else {
      const { protocol, endpoint } = subscriber;
      options.notice(
        `${message.topic}, to ${endpoint} by ${protocol}: ${message.subject ?? ''} ${message.message}`,
      );
    }
  };
  const publish: Topics['publish'] = (topic, outgoing) => {
    const time = new Date(options.now()).toISOString();
    const message = { topic: topic.id, id: randomUUID(), time, ...outgoing };
    for (const subscriber of topic.subscribers) deliver(subscriber, message);
    journal.append(message);
    keep(message);
    return message.id;
  };
  const find: Topics['find'] = (reference) => {
    const referred = deployment.byReference(reference)?.id;
    return topics.find(({ id, name }) => id === referred || name === reference.split(':').at(-1));
  };

  const server = await serveOnLoopback((request, response) => {
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(published, null, 2));
      return;
    }
    answer(request, { find, publish }).then(
      (given) => send(response, given),
      (error: unknown) => send(response, errorResponse('InternalError', String(error), 500)),
    );
  });
  return {
    url: server.url,
    find,
    publish,
    close() {
      server.close();
      journal.close();
    },
  };
}

const send = (response: ServerResponse, { status, body }: QueryResponse): void => {
  response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
};

/** The envelope that a queue receives without raw message delivery. It has no signature. */
const notification = ({ topic, id, time, message, subject }: Published): string =>
  JSON.stringify({
    Type: 'Notification',
    MessageId: id,
    TopicArn: topic,
    ...(subject === undefined ? {} : { Subject: subject }),
    Message: message,
    Timestamp: time,
  });

type Directory = Pick<Topics, 'find' | 'publish'>;

async function answer(request: IncomingMessage, directory: Directory): Promise<QueryResponse> {
  const form = new URLSearchParams((await readBody(request)).toString());
  if (request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ') !== true) {
    return errorResponse('MissingAuthenticationToken', 'Missing Authentication Token', 403);
  }
  const action = form.get('Action') ?? '';
  if (action !== 'Publish' && action !== 'PublishBatch') {
    return errorResponse('InvalidAction', `${action} is not emulated.`, 400);
  }
  const topic = directory.find(form.get('TopicArn') ?? '');
  if (topic === undefined) return errorResponse('NotFound', 'Topic does not exist', 404);
  if (action === 'Publish') {
    const outcome = publishOne('', form, topic, directory);
    return outcome.ok
      ? resultResponse('Publish', `<MessageId>${outcome.id}</MessageId>`)
      : errorResponse('InvalidParameter', outcome.fault, 400);
  }
  return publishBatch(form, topic, directory);
}

function publishBatch(form: URLSearchParams, topic: TopicSettings, directory: Directory): QueryResponse {
  const entry = (index: number) => `PublishBatchRequestEntries.member.${index}.`;
  const ids: string[] = [];
  for (let index = 1; form.has(`${entry(index)}Id`); index += 1)
    ids.push(form.get(`${entry(index)}Id`) ?? '');
  if (ids.length === 0) return errorResponse('EmptyBatchRequest', 'The batch request has no entries.', 400);
  if (ids.length > 10) {
    return errorResponse('TooManyEntriesInBatchRequest', 'The batch request has more than 10 entries.', 400);
  }
  if (new Set(ids).size < ids.length) {
    return errorResponse('BatchEntryIdsNotDistinct', 'Two or more entries have the same Id.', 400);
  }
  const outcomes = ids.map((id, index) => ({
    id,
    ...publishOutcome(publishOne(entry(index + 1), form, topic, directory)),
  }));
  const member = ({ id, xml }: { id: string; xml: string }) =>
    `<member><Id>${escaped(id)}</Id>${xml}</member>`;
  const [done, refused] = [outcomes.filter(({ ok }) => ok), outcomes.filter(({ ok }) => !ok)];
  return resultResponse(
    'PublishBatch',
    `<Successful>${done.map(member).join('')}</Successful><Failed>${refused.map(member).join('')}</Failed>`,
  );
}

type Outcome = { readonly ok: true; readonly id: string } | { readonly ok: false; readonly fault: string };

const publishOutcome = (outcome: Outcome): { ok: boolean; xml: string } =>
  outcome.ok
    ? { ok: true, xml: `<MessageId>${outcome.id}</MessageId>` }
    : {
        ok: false,
        xml: `<Code>InvalidParameter</Code><Message>${escaped(outcome.fault)}</Message><SenderFault>true</SenderFault>`,
      };

/** @param prefix the prefix of the message's parameters in the form. */
function publishOne(
  prefix: string,
  form: URLSearchParams,
  topic: TopicSettings,
  { publish }: Directory,
): Outcome {
  const message = form.get(`${prefix}Message`) ?? '';
  if (message === '') return { ok: false, fault: 'Invalid parameter: Empty message' };
  if (Buffer.byteLength(message) > maxMessageBytes) {
    return { ok: false, fault: 'Invalid parameter: Message too long' };
  }
  const unknown = [...form.keys()].find(
    (name) => name.startsWith(`${prefix}MessageStructure`) || name.startsWith(`${prefix}MessageAttributes`),
  );
  if (unknown !== undefined) return { ok: false, fault: `${unknown} is not emulated` };
  return { ok: true, id: publish(topic, { message, subject: form.get(`${prefix}Subject`) ?? undefined }) };
}
