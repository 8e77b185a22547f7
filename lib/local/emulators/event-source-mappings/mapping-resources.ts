import { z } from 'zod';
import type { Deployment, Resource } from '../../engine/assembly.ts';
import {
  boolean,
  type Emulated,
  nested,
  number,
  readResources,
  resourceType,
} from '../../engine/resource-type.ts';
import type { UnsupportedFeatures } from '../../engine/unsupported.ts';
import { compileFilter, type Filter } from './filter.ts';

const consumerGroup = nested({ ConsumerGroupId: z.string().optional() });

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html */
const mappingType = resourceType({
  type: 'AWS::Lambda::EventSourceMapping',
  emulated: {
    FunctionName: z.string(),
    Enabled: boolean.default(true),
    EventSourceArn: z.string().optional(),
    SelfManagedEventSource: nested({
      Endpoints: nested({ KafkaBootstrapServers: z.array(z.string()) }),
    }).optional(),
    Topics: z.array(z.string()).length(1).optional(),
    AmazonManagedKafkaEventSourceConfig: consumerGroup.optional(),
    SelfManagedKafkaEventSourceConfig: consumerGroup.optional(),
    StartingPosition: z.enum(['TRIM_HORIZON', 'LATEST']).optional(),
    BatchSize: number.optional(),
    /** Applies to queues. The batches of topics arrive as the event log delivers them, which is sooner. */
    MaximumBatchingWindowInSeconds: number.optional(),
    FilterCriteria: nested({ Filters: z.array(z.strictObject({ Pattern: z.string() })) }).optional(),
    FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
    MaximumRetryAttempts: number.optional(),
    MaximumRecordAgeInSeconds: number.optional(),
    BisectBatchOnFunctionError: boolean.default(false),
    DestinationConfig: nested({ OnFailure: nested({ Destination: z.string() }).optional() }).optional(),
  },
  ignored: {
    KmsKeyArn: 'the local run does not encrypt data',
    LoggingConfig: 'log lines go to the terminal',
    MetricsConfig: 'the local run has no monitoring',
    ProvisionedPollerConfig: 'the local run uses one consumer',
    ScalingConfig: 'the local run invokes the function twice at a time, the minimum of AWS',
    SourceAccessConfigurations: 'the local run has no network settings and no permissions',
    Tags: 'tags have no effect locally',
  },
});

interface Mapping {
  readonly id: string;
  /** The function name for `invoke`. */
  readonly functionName: string;
  readonly batchSize: number;
  /** The function receives a record when one of the filters matches or the list is empty. */
  readonly filters: readonly Filter[];
  readonly reportsItemFailures: boolean;
}

/** A mapping of a queue to a function. */
export interface QueueMapping extends Mapping {
  readonly kind: 'queue';
  readonly queueId: string;
  readonly windowSeconds: number;
}

/** A mapping of a topic of the event log to a function. */
export interface TopicMapping extends Mapping {
  readonly kind: 'topic';
  readonly topic: string;
  readonly group: string;
  readonly from: 'earliest' | 'latest';
  /** The ARN of the MSK cluster; null for a self-managed cluster. */
  readonly sourceArn: string | null;
  /** Retries after the first attempt; infinite when the mapping sets no limit. */
  readonly maxRetries: number;
  readonly maxAgeMilliseconds: number;
  readonly bisects: boolean;
  /** The queue or SNS topic that receives failure records; null when there is none. */
  readonly onFailure: string | null;
}

/** The number of retries when the mapping sets no limit and has an on-failure destination. */
const retriesBeforeDestination = 10;
/** The default of Lambda. The visibility timeout may not be shorter (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html). */
const defaultTimeoutSeconds = 3;

type MappingProperties = Emulated<typeof mappingType.emulated>['properties'];

/** One resource of the templates, as the readers below get it. */
interface MappingInput {
  readonly deployment: Deployment;
  readonly findings: UnsupportedFeatures;
  readonly resource: Resource;
  readonly properties: MappingProperties;
  readonly common: Omit<Mapping, 'batchSize'>;
}

/** Reads the enabled event source mappings of the templates. Reports what is not emulated. */
export function readMappings(
  deployment: Deployment,
  findings: UnsupportedFeatures,
): readonly (QueueMapping | TopicMapping)[] {
  return readResources(deployment, mappingType, findings).flatMap(({ resource, properties }) => {
    const read = readers[sourceKind(deployment, properties)];
    const common = {
      id: resource.id,
      functionName: properties.FunctionName,
      filters: readFilters(resource, properties.FilterCriteria?.Filters ?? [], findings),
      reportsItemFailures: properties.FunctionResponseTypes.length > 0,
    };
    const mapping = read({ deployment, findings, resource, properties, common });
    return mapping !== null && properties.Enabled ? [mapping] : [];
  });
}

type SourceKind = 'queue' | 'topic' | 'unsupported';

function sourceKind(deployment: Deployment, { EventSourceArn, Topics }: MappingProperties): SourceKind {
  if (deployment.byReference(EventSourceArn ?? '')?.type === 'AWS::SQS::Queue') return 'queue';
  return Topics === undefined ? 'unsupported' : 'topic';
}

const readers: Readonly<Record<SourceKind, (input: MappingInput) => QueueMapping | TopicMapping | null>> = {
  queue: readQueueMapping,
  topic: readTopicMapping,
  unsupported({ findings, resource }) {
    findings.add(resource, 'EventSourceArn', 'only SQS queues and Kafka topics are emulated as sources.');
    return null;
  },
};

/** Properties that AWS supports for streams and topics only. */
const streamProperties = ['BisectBatchOnFunctionError', 'MaximumRetryAttempts', 'DestinationConfig'] as const;

function readQueueMapping(input: MappingInput): QueueMapping | null {
  const { deployment, findings, resource, properties, common } = input;
  const queue = deployment.byReference(properties.EventSourceArn ?? '');
  if (queue === undefined) return null;
  for (const name of streamProperties) {
    if (properties[name]) findings.add(resource, name, 'is not supported for SQS.');
  }
  checkVisibility(input, queue);
  return {
    ...common,
    kind: 'queue',
    queueId: queue.id,
    batchSize: properties.BatchSize ?? 10,
    windowSeconds: properties.MaximumBatchingWindowInSeconds ?? 0,
  };
}

function readTopicMapping(input: MappingInput): TopicMapping | null {
  const { resource, properties, common } = input;
  const [topic] = properties.Topics ?? [];
  if (topic === undefined) return null;
  const onFailure = properties.DestinationConfig?.OnFailure?.Destination ?? null;
  checkDestination(input, onFailure);
  const { MaximumRetryAttempts: retries = -1, MaximumRecordAgeInSeconds: age = -1 } = properties;
  const config =
    properties.AmazonManagedKafkaEventSourceConfig ?? properties.SelfManagedKafkaEventSourceConfig;
  return {
    ...common,
    kind: 'topic',
    topic,
    group: config?.ConsumerGroupId ?? resource.id,
    from: properties.StartingPosition === 'LATEST' ? 'latest' : 'earliest',
    sourceArn: properties.EventSourceArn ?? null,
    batchSize: properties.BatchSize ?? 100,
    maxRetries: retries >= 0 ? retries : onFailure === null ? Infinity : retriesBeforeDestination,
    maxAgeMilliseconds: age >= 0 ? age * 1_000 : Infinity,
    bisects: properties.BisectBatchOnFunctionError,
    onFailure,
  };
}

function checkDestination({ deployment, findings, resource }: MappingInput, onFailure: string | null): void {
  if (onFailure === null) return;
  const type = deployment.byReference(onFailure)?.type ?? '';
  if (['AWS::SQS::Queue', 'AWS::SNS::Topic'].includes(type)) return;
  findings.add(
    resource,
    'DestinationConfig.OnFailure.Destination',
    'does not name a queue or SNS topic of the templates.',
  );
}

function readFilters(
  resource: Resource,
  filters: readonly { readonly Pattern: string }[],
  findings: UnsupportedFeatures,
): readonly Filter[] {
  return filters.flatMap(({ Pattern }, index) => {
    try {
      return [compileFilter(Pattern)];
    } catch (error) {
      findings.add(resource, `FilterCriteria.Filters[${index}].Pattern`, String(error));
      return [];
    }
  });
}

function checkVisibility(
  { deployment, findings, resource, properties }: MappingInput,
  queue: Resource,
): void {
  const target = deployment.byReference(properties.FunctionName);
  const timeoutSeconds = Number(target?.properties['Timeout'] ?? defaultTimeoutSeconds);
  const visibilitySeconds = Number(queue.properties['VisibilityTimeout'] ?? 30);
  if (visibilitySeconds >= timeoutSeconds) return;
  findings.add(
    resource,
    'EventSourceArn',
    `AWS refuses the mapping: the visibility timeout of the queue (${visibilitySeconds} s) is shorter than the timeout of the function (${timeoutSeconds} s).`,
  );
}
