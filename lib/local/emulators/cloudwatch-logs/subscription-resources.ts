import { z } from 'zod';
import type { Deployment } from '../../engine/assembly.ts';
import { readResources, resourceType } from '../../engine/resource-type.ts';
import type { UnsupportedFeatures } from '../../engine/unsupported.ts';

/** A function that is subscribed to the access log of the API. */
export interface Subscription {
  readonly id: string;
  readonly logGroup: string;
  /** The function name for `invoke`. */
  readonly functionName: string;
}

const subscriptionType = resourceType({
  type: 'AWS::Logs::SubscriptionFilter',
  emulated: {
    LogGroupName: z.string(),
    DestinationArn: z.string(),
    FilterPattern: z.literal(''),
  },
  ignored: {
    Distribution: 'one function receives all records',
    FilterName: 'the name has no effect locally',
    RoleArn: 'the local run does not enforce permissions',
  },
});

/** Reads the subscriptions of the templates. Reports subscriptions of logs other than the access log of the API. */
export function readSubscriptions(
  deployment: Deployment,
  findings: UnsupportedFeatures,
): readonly Subscription[] {
  const accessLogs = new Set(
    deployment
      .ofType('AWS::ApiGatewayV2::Stage')
      .map(({ properties }) => properties['AccessLogSettings'] as { DestinationArn?: string } | undefined)
      .map((settings) => deployment.byReference(settings?.DestinationArn ?? '')?.id),
  );
  return readResources(deployment, subscriptionType, findings).map(({ resource, properties }) => {
    const group = deployment.byReference(properties.LogGroupName)?.id;
    if (group === undefined || !accessLogs.has(group)) {
      findings.add(
        resource,
        'LogGroupName',
        'is not the access log of the API; other log groups are not emulated.',
      );
    }
    if (deployment.byReference(properties.DestinationArn)?.type !== 'AWS::Lambda::Function') {
      findings.add(resource, 'DestinationArn', 'does not name a function of the templates.');
    }
    return { id: resource.id, logGroup: properties.LogGroupName, functionName: properties.DestinationArn };
  });
}
