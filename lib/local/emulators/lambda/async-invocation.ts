import { z } from 'zod';
import type { Deployment } from '../../engine/assembly.ts';
import { nested, number, readResources, resourceType } from '../../engine/resource-type.ts';
import type { UnsupportedFeatures } from '../../engine/unsupported.ts';
import type { Functions } from './functions.ts';

/** Calls functions as AWS services do that do not wait for an answer. */
export interface AsyncInvocation {
  /**
   * Fulfils when the function has taken the event, or the destination for failures has. A function that fails and has
   * no such destination is called until it succeeds: AWS would lose the event.
   *
   * @throws {Error} when the signal aborts first.
   */
  invoke(functionName: string, event: unknown, signal: AbortSignal): Promise<void>;
}

export interface AsyncInvocationPorts {
  readonly functions: Pick<Functions, 'invoke'>;
  /** Tells a destination for failures. */
  readonly sendTo: (reference: string, message: string) => void;
  readonly notice: (text: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
  /** Settles after so many milliseconds, or at once when the signal aborts. */
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
  ignored: { Qualifier: 'a laptop runs one version' },
});

/** AWS waits for one minute, then for two; a laptop for seconds, so that one sees what comes of it. */
const firstPauseMilliseconds = 1_000;
const longestPauseMilliseconds = 30_000;

/** Reads how the functions of the templates are called by those who do not wait. */
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
        'leads to no queue or topic of the templates.',
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
      const givenAt = ports.now();
      for (let attempt = 1; ; attempt += 1) {
        const result = await ports.functions.invoke(functionName, event);
        if (result.ok) return;
        signal.throwIfAborted();
        const ageSeconds = (ports.now() - givenAt) / 1_000;
        const isOld = ageSeconds >= (config?.MaximumEventAgeInSeconds ?? Infinity);
        if (
          config !== undefined &&
          destination !== undefined &&
          (attempt > config.MaximumRetryAttempts || isOld)
        ) {
          const condition = isOld ? 'EventAgeExceeded' : 'RetriesExhausted';
          ports.notice(`${functionName}: ${result.error} The event goes to its destination for failures.`);
          ports.sendTo(
            destination,
            JSON.stringify(failureRecord(functionName, event, result.error, condition, attempt, ports)),
          );
          return;
        }
        ports.notice(`${functionName}: ${result.error} It is called again with the same event.`);
        await ports.wait(
          Math.min(longestPauseMilliseconds, firstPauseMilliseconds * 2 ** (attempt - 1)),
          signal,
        );
        signal.throwIfAborted();
      }
    },
  };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
function failureRecord(
  functionArn: string,
  requestPayload: unknown,
  errorMessage: string,
  condition: string,
  approximateInvokeCount: number,
  { now, newId }: AsyncInvocationPorts,
): Readonly<Record<string, unknown>> {
  return {
    version: '1.0',
    timestamp: new Date(now()).toISOString(),
    requestContext: { requestId: newId(), functionArn, condition, approximateInvokeCount },
    requestPayload,
    responseContext: { statusCode: 200, executedVersion: '1', functionError: 'Unhandled' },
    responsePayload: { errorMessage },
  };
}
