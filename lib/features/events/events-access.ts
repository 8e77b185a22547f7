import { Fn, Token } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { eventLogEnv } from '../../../runtime/contracts/gateway-contract.ts';

/** Access of functions and tasks to the event log. Security groups allow the connection separately. */
export interface EventsAccess {
  /** URL in the format of `runtime/events/open-event-log.ts`; may be a token. */
  readonly url: string;
  /** Environment variables with the URL. */
  readonly environment: Readonly<Record<string, string>>;
  /** Source of event source mappings: an MSK cluster, or bootstrap servers. */
  readonly source: { readonly clusterArn: string } | { readonly bootstrapServers: readonly string[] };
  grantProduce(grantee: IGrantable, topics: readonly string[]): void;
  grantConsume(grantee: IGrantable, topics: readonly string[], group: string): void;
  /** Allows the grantee to create topics and to change their settings. */
  grantManage(grantee: IGrantable, topics: readonly string[]): void;
}

const mskScheme = 'msk:';

/**
 * An existing event log: an MSK cluster as `msk:<cluster ARN>`, or brokers without authentication, such as the local run's.
 */
export function existingEvents(url: string): EventsAccess {
  if (!Token.isUnresolved(url) && url.startsWith(mskScheme))
    return clusterEvents(url.slice(mskScheme.length));
  const brokers = /^kafka:\/\/([^/]+)\/?$/.exec(url)?.[1]?.split(',');
  return {
    url,
    environment: { [eventLogEnv.url]: url },
    source: { bootstrapServers: brokers ?? [url] },
    grantProduce: () => {},
    grantConsume: () => {},
    grantManage: () => {},
  };
}

/**
 * An MSK cluster with IAM, and the least privileges of its clients
 * (https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html). No client may use transactions, or topics and
 * groups without a grant.
 *
 * @param clusterArn may be a token
 */
export function clusterEvents(clusterArn: string): EventsAccess {
  const topicArns = (topics: readonly string[]) => topics.map((topic) => within(clusterArn, 'topic', topic));
  const grant = (grantee: IGrantable, actions: string[], resourceArns: string[]) =>
    Grant.addToPrincipal({ grantee, actions, resourceArns });
  const url = `${mskScheme}${clusterArn}`;
  return {
    url,
    environment: { [eventLogEnv.url]: url },
    source: { clusterArn },
    grantProduce(grantee, topics) {
      if (topics.length === 0) return;
      grant(grantee, ['kafka:GetBootstrapBrokers'], [clusterArn]);
      grant(grantee, ['kafka-cluster:Connect', 'kafka-cluster:WriteDataIdempotently'], [clusterArn]);
      grant(grantee, ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'], topicArns(topics));
    },
    grantConsume(grantee, topics, group) {
      if (topics.length === 0) return;
      grant(grantee, ['kafka:GetBootstrapBrokers', 'kafka-cluster:Connect'], [clusterArn]);
      grant(grantee, ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'], topicArns(topics));
      grant(
        grantee,
        ['kafka-cluster:DescribeGroup', 'kafka-cluster:AlterGroup'],
        [within(clusterArn, 'group', group)],
      );
    },
    grantManage(grantee, topics) {
      if (topics.length === 0) return;
      grant(grantee, ['kafka:GetBootstrapBrokers', 'kafka-cluster:Connect'], [clusterArn]);
      grant(
        grantee,
        [
          'kafka-cluster:CreateTopic',
          'kafka-cluster:DescribeTopic',
          'kafka-cluster:AlterTopic',
          'kafka-cluster:DescribeTopicDynamicConfiguration',
          'kafka-cluster:AlterTopicDynamicConfiguration',
        ],
        topicArns(topics),
      );
    },
  };
}

/** ARN of a topic or group: `arn:aws:kafka:REGION:ACCOUNT:topic/NAME/ID/TOPIC` for `…:cluster/NAME/ID`. */
function within(clusterArn: string, kind: 'topic' | 'group', name: string): string {
  const parts = Fn.split(':cluster/', clusterArn);
  return `${Fn.select(0, parts)}:${kind}/${Fn.select(1, parts)}/${name}`;
}
