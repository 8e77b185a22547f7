import { Duration } from 'aws-cdk-lib';
import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Code, IEventSource } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { env as drainEnv } from '../../../lambda/webhook-drain/contract.ts';
import { env } from '../../../lambda/webhooks/contract.ts';
import type { NamedSecret } from '../common/named-secret.ts';
import { GatewayFunction, type GatewayFunctionProps } from '../functions/gateway-function.ts';
import { allowInvocation, FunctionIntegration } from '../public-api/integrations.ts';
import type { PublicApi } from '../public-api/public-api.ts';
import { webhookMappings } from '../public-api/request-mappings.ts';
import type { WebhookFallbackQueue } from './fallback-queue.ts';

/** Settings that all functions of the gateway share. */
type FunctionDefaults = Omit<
  GatewayFunctionProps,
  'code' | 'description' | 'environment' | 'timeout' | 'reservedConcurrency' | 'provisionedConcurrency'
>;

export interface WebhookIngestionProps extends FunctionDefaults {
  /** Security group of the function that drains the fallback queue; `securityGroup` is the receiver's. */
  readonly drainSecurityGroup: ISecurityGroup;
  /** Size of the receiver, which senders wait for. */
  readonly receiverSize: Pick<
    GatewayFunctionProps,
    'memoryMiB' | 'reservedConcurrency' | 'provisionedConcurrency'
  >;
  /** Name of the environment, for metrics. */
  readonly environmentName: string;
  readonly receiverCode: Code;
  readonly drainCode: Code;
  readonly publicApi: PublicApi;
  /** Route keys of the API, one per sender. */
  readonly routeKeys: readonly string[];
  readonly originSecret: NamedSecret;
  /** Signing secrets of the senders. */
  readonly secrets: readonly ISecret[];
  readonly fallback: WebhookFallbackQueue;
  /** Environment variables of both functions for the limit store and the event log. */
  readonly dataEnvironment: Readonly<Record<string, string>>;
  /** Grants a function access to the limit store and the event log. */
  readonly grantData: (grantee: IGrantable) => void;
}

/** Shorter than the lease of a delivery in the limit store, and longer than event log, queue and limit store together may take. */
const receiverTimeout = Duration.seconds(12);

/** Timeout of the function that drains the fallback queue. */
export const drainTimeout = Duration.seconds(20);

/**
 * Ingestion of webhooks: routes without the authorizer, because senders have signatures instead of tokens; the function that
 * verifies signatures; and the function that moves webhooks from the fallback queue to the event log.
 */
export class WebhookIngestion extends Construct {
  readonly receiver: GatewayFunction;
  readonly drain: GatewayFunction;
  readonly queue: IQueue;
  readonly deadLetters: IQueue;

  constructor(scope: Construct, id: string, props: WebhookIngestionProps) {
    super(scope, id);
    const { fallback, publicApi: gateway } = props;
    const functionDefaults = functionDefaultsOf(props);
    this.queue = fallback.queue;
    this.deadLetters = fallback.deadLetters;

    this.receiver = new GatewayFunction(this, 'Receiver', {
      ...functionDefaults,
      ...props.receiverSize,
      description: 'Receives signed webhooks, and acknowledges them after they are stored.',
      code: props.receiverCode,
      environment: {
        ...props.dataEnvironment,
        [env.originSecretId]: props.originSecret.name,
        [env.fallbackQueueUrl]: this.queue.queueUrl,
      },
      timeout: receiverTimeout,
    });
    for (const secret of [props.originSecret.secret, ...props.secrets])
      secret.grantRead(this.receiver.function);
    this.queue.grant(this.receiver.function, 'sqs:SendMessage');
    props.grantData(this.receiver.function);

    this.drain = new GatewayFunction(this, 'Drain', {
      ...functionDefaults,
      securityGroup: props.drainSecurityGroup,
      description: 'Moves webhooks from the fallback queue to the event log, in order.',
      code: props.drainCode,
      environment: {
        ...props.dataEnvironment,
        [drainEnv.environment]: props.environmentName,
        [drainEnv.deadLetterQueueUrl]: this.deadLetters.queueUrl,
      },
      timeout: drainTimeout,
    });
    props.grantData(this.drain.function);
    this.deadLetters.grant(this.drain.function, 'sqs:SendMessage');
    const source: IEventSource = new SqsEventSource(this.queue, {
      // The maximum of a FIFO queue.
      batchSize: 10,
      reportBatchItemFailures: true,
      // The events of one payment arrive one batch at a time; this many payments are processed in parallel.
      maxConcurrency: 5,
    });
    this.drain.live.addEventSource(source);

    const integration = new FunctionIntegration(this, 'Integration', {
      httpApi: gateway.httpApi,
      requestMappings: webhookMappings,
      // The function sets all headers of its responses, and no other component answers on these routes.
      responseMappings: {},
      timeoutSeconds: receiverTimeout.toSeconds() + 2,
      handler: this.receiver.live,
    });
    for (const key of props.routeKeys)
      gateway.addRoute(key, integration, { withoutAuthorizer: openToSenders });
    allowInvocation(this, 'RoutesPermission', gateway.httpApi, this.receiver.live);
  }
}

const openToSenders =
  'A sender of webhooks has no token: the function checks the origin secret and the signature of every call.';

function functionDefaultsOf(props: FunctionDefaults): FunctionDefaults {
  const { vpc, securityGroup, memoryMiB, logRetention, removalPolicy } = props;
  return { vpc, securityGroup, memoryMiB, logRetention, removalPolicy };
}
