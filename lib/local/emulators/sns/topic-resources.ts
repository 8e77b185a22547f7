import { z } from 'zod';
import type { Deployment } from '../../engine/assembly.ts';
import { boolean, readResources, resourceType } from '../../engine/resource-type.ts';
import type { UnsupportedFeatures } from '../../engine/unsupported.ts';

/** A subscriber of a topic. */
export type Subscriber =
  | { readonly kind: 'queue'; readonly queueId: string; readonly raw: boolean }
  /** A person, by e-mail or text message: the local run prints a line instead. */
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
    DeliveryStatusLogging: 'the local run has no monitoring',
    DisplayName: 'descriptive text has no effect locally',
    KmsMasterKeyId: 'the local run does not encrypt data',
    Tags: 'tags have no effect locally',
    TracingConfig: 'the local run records no traces',
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
  ignored: { RedrivePolicy: 'a queue of this run is always there', Region: 'the local run has one region' },
});

const people = ['email', 'email-json', 'sms'];

/** Reads the topics of the templates. Reports subscriptions that are not emulated. */
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
