import { z } from 'zod';
import type { Deployment } from '../../engine/assembly.ts';
import { readResources, resourceType } from '../../engine/resource-type.ts';
import type { UnsupportedFeatures } from '../../engine/unsupported.ts';

/** A function that gets the lines of the API's access log. */
export interface Subscription {
  readonly id: string;
  readonly logGroup: string;
  /** For `invoke`. */
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
    Distribution: 'one function gets them all',
    FilterName: 'a name',
    RoleArn: 'there are no permissions',
  },
});

/** The subscriptions of the templates. One to another log than the API's access log becomes a finding. */
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
      findings.add(resource, 'LogGroupName', "is not the API's access log, the one that is emulated.");
    }
    if (deployment.byReference(properties.DestinationArn)?.type !== 'AWS::Lambda::Function') {
      findings.add(resource, 'DestinationArn', 'leads to no function of the templates.');
    }
    return { id: resource.id, logGroup: properties.LogGroupName, functionName: properties.DestinationArn };
  });
}
