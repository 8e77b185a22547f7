import type { StackProps } from 'aws-cdk-lib';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { brokerCount, type Configuration, capacityProfile, databaseCapacity } from '../config/index.ts';
import { DatabaseAlarms } from '../features/database/database-alarms.ts';
import { type DatabaseMetrics, databaseMetrics } from '../features/database/database-metrics.ts';
import { TableAlarms } from '../features/database/table-alarms.ts';
import { BrokerAlarms } from '../features/events/broker-alarms.ts';
import { type BrokerMetrics, brokerMetrics } from '../features/events/broker-metrics.ts';
import { LimitStoreAlarms } from '../features/limit-store/limit-store-alarms.ts';
import {
  type LimitStoreMetrics,
  nodeLimitStoreMetrics,
  serverlessLimitStoreMetrics,
} from '../features/limit-store/limit-store-metrics.ts';
import { AlarmGroup } from '../features/observability/alarm-group.ts';
import { AlarmTopic } from '../features/observability/alarm-topic.ts';
import type { DataStack } from './data-stack.ts';
import { GatewayStack } from './gateway-stack.ts';

export interface AlertsStackProps extends StackProps {
  readonly configuration: Configuration;
  readonly data: DataStack;
}

/** The SNS topics of alarms, and the alarms of the dependencies. Stacks with alarms are deployed after it. */
export class AlertsStack extends GatewayStack {
  /** Topic of warnings. */
  readonly warnings: ITopic;
  /** Topic of alarms that page. */
  readonly critical: ITopic;
  /** Raised while the limit store, the database or the brokers are unavailable; suppresses alarms that follow from it. */
  readonly dependencyDown: IAlarm;
  /** Metrics of the resources that this app deploys; undefined where the environment names an existing one. */
  readonly limitStore: LimitStoreMetrics | undefined;
  readonly database: DatabaseMetrics | undefined;
  readonly brokers: BrokerMetrics | undefined;

  constructor(scope: Construct, id: string, { configuration, data, ...props }: AlertsStackProps) {
    super(scope, id, { description: 'Alarm topics, and the alarms of the data.', ...props });
    const { environment } = configuration;
    const name = `gatehouse-${environment.name}`;
    const { emails, criticalEmails = emails } = environment.alarms;
    this.warnings = new AlarmTopic(this, 'Warnings', { emails }).topic;
    this.critical = new AlarmTopic(this, 'Critical', { emails: criticalEmails }).topic;
    const topic = this.warnings;

    this.limitStore = limitStoreMetricsOf(name, environment);
    const unavailableAlarms = [
      new LimitStoreAlarms(this, 'LimitStore', {
        topic,
        environmentName: environment.name,
        metrics: this.limitStore,
      }).unavailable,
    ];
    if (environment.database.kind === 'aurora') {
      const { maxAcu } = databaseCapacity(environment);
      this.database = databaseMetrics(name, data.databaseUser !== undefined);
      unavailableAlarms.push(
        new DatabaseAlarms(this, 'Database', { topic, metrics: this.database, maxAcu }).unavailable,
      );
    }
    const { events } = environment;
    if (events.kind !== 'existing') {
      this.brokers = brokerMetrics({ name, kind: events.kind, brokers: brokerCount(environment) });
      const alarms = new BrokerAlarms(this, 'Brokers', { topic, metrics: this.brokers });
      if (alarms.unavailable !== undefined) unavailableAlarms.push(alarms.unavailable);
    }
    const { clients, usage, policyAudit, meteringLedger, businessState } = data.tables;
    const tables = { clients, usage, policyAudit, meteringLedger, businessState };
    new TableAlarms(this, 'Tables', {
      topic,
      tables: Object.fromEntries(Object.entries(tables).map(([name, { tableName }]) => [name, tableName])),
    });
    this.dependencyDown = new AlarmGroup(this, 'DependencyDown', {
      runbook: 'observability/DependencyDown',
      description:
        'Never notifies. The limit store, the database or the brokers are unavailable and have their own alarms. Suppresses the alarms that follow.',
      alarms: unavailableAlarms,
    }).alarm;
    // Some alarms treat missing data as breaching, so the data must exist first.
    this.addStackDependency(data);
  }
}

function limitStoreMetricsOf(
  name: string,
  environment: Configuration['environment'],
): LimitStoreMetrics | undefined {
  const figures = capacityProfile(environment).limitStore;
  const { limitStore } = environment;
  switch (limitStore.kind) {
    case 'serverless':
      return serverlessLimitStoreMetrics({
        name,
        maxStorageGb: limitStore.maxStorageGb ?? figures.maxStorageGb,
        maxEcpuPerSecond: limitStore.maxEcpuPerSecond ?? figures.maxEcpuPerSecond,
      });
    case 'nodes':
      return nodeLimitStoreMetrics({
        name,
        shards: limitStore.shards ?? figures.shards,
        replicasPerShard: limitStore.replicasPerShard ?? figures.replicasPerShard,
      });
    case 'existing':
      return undefined;
    default:
      return limitStore satisfies never;
  }
}
