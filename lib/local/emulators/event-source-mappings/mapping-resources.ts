import { z } from 'zod';
import type { Deployment, Resource } from '../../engine/assembly.ts';
import { boolean, nested, number, readResources, resourceType } from '../../engine/resource-type.ts';
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
    /** The longest that a batch is gathered. Those of topics come as the event log has them, which is sooner. */
    MaximumBatchingWindowInSeconds: number.optional(),
    FilterCriteria: nested({ Filters: z.array(z.strictObject({ Pattern: z.string() })) }).optional(),
    FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
    MaximumRetryAttempts: number.optional(),
    MaximumRecordAgeInSeconds: number.optional(),
    BisectBatchOnFunctionError: boolean.default(false),
    DestinationConfig: nested({ OnFailure: nested({ Destination: z.string() }).optional() }).optional(),
  },
  ignored: {
    KmsKeyArn: 'what a laptop keeps is its own',
    LoggingConfig: 'lines go to the screen',
    MetricsConfig: 'nobody watches a laptop',
    ProvisionedPollerConfig: 'a laptop reads with one consumer',
    ScalingConfig: 'a laptop runs two calls at once, the least that can be set',
    SourceAccessConfigurations: 'a laptop has one network, and no permissions',
    Tags: 'labels',
  },
});

interface Mapping {
  readonly id: string;
  /** For `invoke`. */
  readonly functionName: string;
  readonly batchSize: number;
  /** A record is for the function when one of them matches, or there is none. */
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
  /** Of an MSK cluster; null where the template names brokers of its own. */
  readonly sourceArn: string | null;
  /** Retries after the first attempt; infinite when nothing bounds them. */
  readonly maxRetries: number;
  readonly maxAgeMilliseconds: number;
  readonly bisects: boolean;
  /** A queue or SNS topic that is told of records that were given up; null when nobody is. */
  readonly onFailure: string | null;
}

/** What Lambda bounds infinite retries by when there is a destination for failures. */
const retriesBeforeDestination = 10;
/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html: a queue must leave a function its time. */
const defaultTimeoutSeconds = 3;

/** The mappings of the templates that are enabled. Whatever of them does not run here becomes a finding. */
export function readMappings(
  deployment: Deployment,
  findings: UnsupportedFeatures,
): readonly (QueueMapping | TopicMapping)[] {
  const mappings = readResources(deployment, mappingType, findings);
  return mappings.flatMap(({ resource, properties }): readonly (QueueMapping | TopicMapping)[] => {
    const common = {
      id: resource.id,
      functionName: properties.FunctionName,
      filters: readFilters(resource, properties.FilterCriteria?.Filters ?? [], findings),
      reportsItemFailures: properties.FunctionResponseTypes.length > 0,
    };
    const source = deployment.byReference(properties.EventSourceArn ?? '');
    if (source?.type === 'AWS::SQS::Queue') {
      const streamsOnly = (
        ['BisectBatchOnFunctionError', 'MaximumRetryAttempts', 'DestinationConfig'] as const
      ).filter((name) => Boolean(properties[name]));
      for (const name of streamsOnly) findings.add(resource, name, 'is nothing for a queue.');
      checkVisibility(deployment, resource, properties.FunctionName, source, findings);
      const windowSeconds = properties.MaximumBatchingWindowInSeconds ?? 0;
      return properties.Enabled
        ? [
            {
              ...common,
              kind: 'queue',
              queueId: source.id,
              batchSize: properties.BatchSize ?? 10,
              windowSeconds,
            },
          ]
        : [];
    }
    const [topic] = properties.Topics ?? [];
    if (topic === undefined) {
      findings.add(resource, 'EventSourceArn', 'only queues, and topics by Topics, are emulated as sources.');
      return [];
    }
    const onFailure = properties.DestinationConfig?.OnFailure?.Destination ?? null;
    const destination = onFailure === null ? undefined : deployment.byReference(onFailure);
    if (onFailure !== null && !['AWS::SQS::Queue', 'AWS::SNS::Topic'].includes(destination?.type ?? '')) {
      findings.add(
        resource,
        'DestinationConfig.OnFailure.Destination',
        'leads to no queue or topic of the templates.',
      );
    }
    const { MaximumRetryAttempts: retries = -1, MaximumRecordAgeInSeconds: age = -1 } = properties;
    const config =
      properties.AmazonManagedKafkaEventSourceConfig ?? properties.SelfManagedKafkaEventSourceConfig;
    return properties.Enabled
      ? [
          {
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
          },
        ]
      : [];
  });
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
  deployment: Deployment,
  resource: Resource,
  functionName: string,
  queue: Resource,
  findings: UnsupportedFeatures,
): void {
  const called = deployment.byReference(functionName);
  const timeoutSeconds = Number(called?.properties['Timeout'] ?? defaultTimeoutSeconds);
  const visibilitySeconds = Number(queue.properties['VisibilityTimeout'] ?? 30);
  if (visibilitySeconds >= timeoutSeconds) return;
  findings.add(
    resource,
    'EventSourceArn',
    `AWS refuses it: the queue's visibility timeout of ${visibilitySeconds} s is less than the function's of ${timeoutSeconds} s.`,
  );
}
