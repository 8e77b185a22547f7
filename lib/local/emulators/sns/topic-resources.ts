import { z } from 'zod';
import type { Deployment } from '../../engine/assembly.ts';
import { boolean, readResources, resourceType } from '../../engine/resource-type.ts';
import type { UnsupportedFeatures } from '../../engine/unsupported.ts';

/** Who is told of the messages of a topic. */
export type Subscriber =
  | { readonly kind: 'queue'; readonly queueId: string; readonly raw: boolean }
  /** Somebody outside of this machine: a line on the screen stands in for it. */
  | { readonly kind: 'person'; readonly protocol: string; readonly endpoint: string };

/** A topic as the templates describe it. */
export interface TopicSettings {
  readonly id: string;
  readonly name: string;
  readonly subscribers: readonly Subscriber[];
}

const topicType = resourceType({
  type: 'AWS::SNS::Topic',
  emulated: {
    TopicName: z.string().optional(),
    Subscription: z.array(z.strictObject({ Endpoint: z.string(), Protocol: z.string() })).default([]),
  },
  ignored: {
    DeliveryStatusLogging: 'nobody watches a laptop',
    DisplayName: 'words',
    KmsMasterKeyId: 'what a laptop keeps is its own',
    Tags: 'labels',
    TracingConfig: 'nothing is traced',
  },
});

const subscriptionType = resourceType({
  type: 'AWS::SNS::Subscription',
  emulated: {
    TopicArn: z.string(),
    Protocol: z.string(),
    Endpoint: z.string(),
    RawMessageDelivery: boolean.default(false),
  },
  ignored: { RedrivePolicy: 'a queue of this run is always there', Region: 'a laptop is one region' },
});

const people = ['email', 'email-json', 'sms'];

/** The topics of the templates. A subscription that cannot be served here becomes a finding. */
export function readTopics(deployment: Deployment, findings: UnsupportedFeatures): readonly TopicSettings[] {
  const topics = readResources(deployment, topicType, findings);
  const subscriptions = readResources(deployment, subscriptionType, findings);
  return topics.map(({ resource, properties }) => {
    const own = properties.Subscription.map((each) => ({
      resource,
      properties: { ...each, RawMessageDelivery: false },
    }));
    const others = subscriptions.filter(
      (subscription) => deployment.byReference(subscription.properties.TopicArn)?.id === resource.id,
    );
    const subscribers = [...own, ...others].flatMap((subscription): readonly Subscriber[] => {
      const { Protocol, Endpoint, RawMessageDelivery } = subscription.properties;
      if (people.includes(Protocol)) return [{ kind: 'person', protocol: Protocol, endpoint: Endpoint }];
      const queue = deployment.byReference(Endpoint);
      if (Protocol === 'sqs' && queue?.type === 'AWS::SQS::Queue') {
        return [{ kind: 'queue', queueId: queue.id, raw: RawMessageDelivery }];
      }
      findings.add(subscription.resource, 'Protocol', `${Protocol} to ${Endpoint} is not emulated.`);
      return [];
    });
    return { id: resource.id, name: properties.TopicName ?? resource.id, subscribers };
  });
}
