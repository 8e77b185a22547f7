import { describeError } from '../../runtime/logging/log.ts';
import type { TopicDefinition, TopicsProperties } from './contract.ts';

/**
 * The request of CloudFormation
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes.html).
 */
export interface ResourceRequest {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  /** The presigned URL for the answer. */
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: TopicsProperties;
}

export interface ResourcePorts {
  /** Applies the topics, and returns the changes. */
  readonly apply: (topics: Readonly<Record<string, TopicDefinition>>) => Promise<readonly string[]>;
  /** Puts an answer; rejects when CloudFormation has not accepted it. */
  readonly answer: (url: string, body: string) => Promise<void>;
  readonly log: (line: string) => void;
}

/** CloudFormation's answers hold 4 096 bytes. */
const maxReasonCharacters = 1_500;

/**
 * The handler of the custom resource of a cluster's topics. Deleting the resource keeps the topics and their
 * events. An impossible change fails the deployment with its reason; for the rollback, CloudFormation sends
 * the topics as they were, which changes nothing.
 */
export function createTopicsResource({ apply, answer, log }: ResourcePorts) {
  return async (request: ResourceRequest): Promise<void> => {
    const outcome = await attempt(request, apply);
    log(JSON.stringify({ message: 'topics', request: request.RequestType, ...outcome }));
    await answer(
      request.ResponseURL,
      JSON.stringify({
        Status: outcome.status,
        Reason: outcome.reason.slice(0, maxReasonCharacters),
        PhysicalResourceId: request.PhysicalResourceId ?? request.LogicalResourceId,
        StackId: request.StackId,
        RequestId: request.RequestId,
        LogicalResourceId: request.LogicalResourceId,
      }),
    );
  };
}

async function attempt(
  { RequestType, ResourceProperties }: ResourceRequest,
  apply: ResourcePorts['apply'],
): Promise<{ readonly status: 'SUCCESS' | 'FAILED'; readonly reason: string }> {
  if (RequestType === 'Delete') return { status: 'SUCCESS', reason: 'The topics stay with their cluster.' };
  try {
    const topics = Object.entries(ResourceProperties.topics).map(([name, { partitions, properties }]) => [
      name,
      { partitions: Number(partitions), properties },
    ]);
    const done = await apply(Object.fromEntries(topics) as Readonly<Record<string, TopicDefinition>>);
    return { status: 'SUCCESS', reason: done.join('; ') || 'The topics are already up to date.' };
  } catch (error) {
    return { status: 'FAILED', reason: describeError(error) };
  }
}
