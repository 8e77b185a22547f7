import { z } from 'zod';
import type { Deployment } from '../../engine/assembly.ts';
import { nested, number, readResources, resourceType } from '../../engine/resource-type.ts';
import type { UnsupportedFeatures } from '../../engine/unsupported.ts';
import type { Functions } from './functions.ts';

/** Asynchronous invocations of functions, as AWS services make them. */
export interface AsyncInvocation {
  /**
   * Resolves when the function succeeds or the event is sent to the on-failure destination. Without a destination, it
   * retries until the function succeeds; AWS would lose the event.
   *
   * @throws {Error} when the signal aborts first.
   */
  invoke(functionName: string, event: unknown, signal: AbortSignal): Promise<void>;
}

export interface AsyncInvocationPorts {
  readonly functions: Pick<Functions, 'invoke'>;
  /** Sends a message to an on-failure destination. */
  readonly sendTo: (reference: string, message: string) => void;
  readonly notice: (text: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
  /** Resolves after the given milliseconds, or at once when the signal aborts. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

const configType = resourceType({
  type: 'AWS::Lambda::EventInvokeConfig',
  emulated: {
    FunctionName: z.string(),
    MaximumRetryAttempts: number.default(2),
    MaximumEventAgeInSeconds: number.default(21_600),
    DestinationConfig: nested({ OnFailure: nested({ Destination: z.string() }).optional() }).optional(),
  },
  ignored: { Qualifier: 'the local run has one version of a function' },
});

/** AWS waits one minute, then two. The local run waits seconds, so that developers see the result. */
const firstPauseMilliseconds = 1_000;
const longestPauseMilliseconds = 30_000;

/** Reads the settings for asynchronous invocations of the templates. */
export function createAsyncInvocation(
  deployment: Deployment,
  ports: AsyncInvocationPorts,
  findings: UnsupportedFeatures,
): AsyncInvocation {
  const configs = readResources(deployment, configType, findings);
  for (const { resource, properties } of configs) {
    const destination = properties.DestinationConfig?.OnFailure?.Destination;
    const type = destination === undefined ? undefined : deployment.byReference(destination)?.type;
    if (destination !== undefined && !['AWS::SQS::Queue', 'AWS::SNS::Topic'].includes(type ?? '')) {
      findings.add(
        resource,
        'DestinationConfig.OnFailure.Destination',
        'does not name a queue or SNS topic of the templates.',
      );
    }
  }
  return {
    async invoke(functionName, event, signal) {
      const called = deployment.byReference(functionName)?.id;
      const config = configs.find(
        ({ properties }) => deployment.byReference(properties.FunctionName)?.id === called,
      )?.properties;
      const destination = config?.DestinationConfig?.OnFailure?.Destination;
      const invokedAt = ports.now();
      for (let attempt = 1; ; attempt += 1) {
        const result = await ports.functions.invoke(functionName, event);
        if (result.ok) return;
        signal.throwIfAborted();
        const ageSeconds = (ports.now() - invokedAt) / 1_000;
        const isOld = ageSeconds >= (config?.MaximumEventAgeInSeconds ?? Infinity);
        if (
          config !== undefined &&
          destination !== undefined &&
          (attempt > config.MaximumRetryAttempts || isOld)
        ) {
          const condition = isOld ? 'EventAgeExceeded' : 'RetriesExhausted';
          ports.notice(`${functionName}: ${result.error} The event is sent to the on-failure destination.`);
          ports.sendTo(
            destination,
            JSON.stringify(
              failureRecord(
                { functionName, event, error: result.error, condition, attempts: attempt },
                ports,
              ),
            ),
          );
          return;
        }
        ports.notice(`${functionName}: ${result.error} Lambda retries the event.`);
        await ports.wait(
          Math.min(longestPauseMilliseconds, firstPauseMilliseconds * 2 ** (attempt - 1)),
          signal,
        );
        signal.throwIfAborted();
      }
    },
  };
}

/** An event that is not retried any more. */
interface GivenUp {
  readonly functionName: string;
  readonly event: unknown;
  readonly error: string;
  readonly condition: 'EventAgeExceeded' | 'RetriesExhausted';
  readonly attempts: number;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
function failureRecord(
  { functionName: functionArn, event, error, condition, attempts }: GivenUp,
  { now, newId }: AsyncInvocationPorts,
): Readonly<Record<string, unknown>> {
  return {
    version: '1.0',
    timestamp: new Date(now()).toISOString(),
    requestContext: { requestId: newId(), functionArn, condition, approximateInvokeCount: attempts },
    requestPayload: event,
    responseContext: { statusCode: 200, executedVersion: '1', functionError: 'Unhandled' },
    responsePayload: { errorMessage: error },
  };
}
