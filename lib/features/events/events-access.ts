import { Fn, Token } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { eventLogEnv } from '../../../runtime/contracts/gateway-contract.ts';

/** How functions and tasks reach the event log. The network's rules are apart. */
export interface EventsAccess {
  /** As `runtime/events/open-event-log.ts` reads it; may be a token. */
  readonly url: string;
  /** What tells a function or a task where the log is. */
  readonly environment: Readonly<Record<string, string>>;
  /** What event source mappings read: a cluster of MSK, or servers by address. */
  readonly source: { readonly clusterArn: string } | { readonly bootstrapServers: readonly string[] };
  grantProduce(grantee: IGrantable, topics: readonly string[]): void;
  grantConsume(grantee: IGrantable, topics: readonly string[], group: string): void;
  /** Everything that a topic's settings take: for what makes topics. */
  grantManage(grantee: IGrantable, topics: readonly string[]): void;
}

const mskScheme = 'msk:';

/**
 * A log that is there already: a cluster of MSK by `msk:<cluster ARN>`, or one that lets its network in, as on a laptop.
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
 * A cluster of MSK with IAM, and the least that clients of it need
 * (https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html). Nobody may use transactions, or topics
 * and groups that they were not granted.
 *
 * @param clusterArn may be a token.
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

/** `arn:aws:kafka:REGION:ACCOUNT:cluster/NAME/ID` has its topics and groups at `…:topic/NAME/ID/TOPIC`. */
function within(clusterArn: string, kind: 'topic' | 'group', name: string): string {
  const parts = Fn.split(':cluster/', clusterArn);
  return `${Fn.select(0, parts)}:${kind}/${Fn.select(1, parts)}/${name}`;
}
