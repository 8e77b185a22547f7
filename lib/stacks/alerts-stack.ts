import type { StackProps } from 'aws-cdk-lib';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { brokersOf, type Configuration, databaseFigures, figuresOf } from '../config/index.ts';
import { AlarmGroup } from '../constructs/alarm-group.ts';
import { AlarmTopic } from '../constructs/alarm-topic.ts';
import { BrokerAlarms } from '../constructs/broker-alarms.ts';
import { type BrokerMetrics, brokerMetrics } from '../constructs/broker-metrics.ts';
import { DatabaseAlarms } from '../constructs/database-alarms.ts';
import { type DatabaseMetrics, databaseMetrics } from '../constructs/database-metrics.ts';
import { StoreAlarms } from '../constructs/store-alarms.ts';
import { nodeStoreMetrics, type StoreMetrics, storeMetrics } from '../constructs/store-metrics.ts';
import { TableAlarms } from '../constructs/table-alarms.ts';
import type { DataStack } from './data-stack.ts';
import { GatewayStack } from './gateway-stack.ts';

export interface AlertsStackProps extends StackProps {
  readonly configuration: Configuration;
  readonly data: DataStack;
}

/** Whom alarms reach, and the alarms of what everything else rests on. Whatever has an alarm comes after it. */
export class AlertsStack extends GatewayStack {
  /** For what is not well. */
  readonly warnings: ITopic;
  /** For what must be looked at now. */
  readonly critical: ITopic;
  /** Raised while store, database or brokers are away, which is told apart: what follows from it keeps quiet. */
  readonly beneath: IAlarm;
  /** Of what is made here; undefined where the environment names one that is there. */
  readonly store: StoreMetrics | undefined;
  readonly database: DatabaseMetrics | undefined;
  readonly brokers: BrokerMetrics | undefined;

  constructor(scope: Construct, id: string, { configuration, data, ...props }: AlertsStackProps) {
    super(scope, id, { description: 'Whom alarms reach, and the alarms of the data.', ...props });
    const { environment } = configuration;
    const name = `gatehouse-${environment.name}`;
    const { emails, criticalEmails = emails } = environment.alarms;
    this.warnings = new AlarmTopic(this, 'Warnings', { emails }).topic;
    this.critical = new AlarmTopic(this, 'Critical', { emails: criticalEmails }).topic;
    const topic = this.warnings;

    this.store = measuredStore(name, environment);
    const away = [
      new StoreAlarms(this, 'Store', { topic, environmentName: environment.name, metrics: this.store }).away,
    ];
    if (environment.database.kind === 'aurora') {
      const { maxAcu } = databaseFigures(environment);
      this.database = databaseMetrics(name, data.databaseUser !== undefined);
      away.push(new DatabaseAlarms(this, 'Database', { topic, metrics: this.database, maxAcu }).away);
    }
    const { events } = environment;
    if (events.kind !== 'existing') {
      this.brokers = brokerMetrics({ name, kind: events.kind, brokers: brokersOf(environment) });
      const alarms = new BrokerAlarms(this, 'Brokers', { topic, metrics: this.brokers });
      if (alarms.away !== undefined) away.push(alarms.away);
    }
    const { clients, usage, policyAudit, meteringLedger, businessState } = data.tables;
    const tables = { clients, usage, policyAudit, meteringLedger, businessState };
    new TableAlarms(this, 'Tables', {
      topic,
      tables: Object.fromEntries(Object.entries(tables).map(([word, { tableName }]) => [word, tableName])),
    });
    this.beneath = new AlarmGroup(this, 'Beneath', {
      runbook: 'beneath',
      description:
        'Store, database or brokers are away. Told by their own alarms; this one quiets what follows.',
      alarms: away,
    }).alarm;
    // What is silent until it is there must be there before silence counts.
    this.addStackDependency(data);
  }
}

function measuredStore(name: string, environment: Configuration['environment']): StoreMetrics | undefined {
  const figures = figuresOf(environment).store;
  const { store } = environment;
  switch (store.kind) {
    case 'serverless':
      return storeMetrics({
        name,
        maxStorageGb: store.maxStorageGb ?? figures.maxStorageGb,
        maxEcpuPerSecond: store.maxEcpuPerSecond ?? figures.maxEcpuPerSecond,
      });
    case 'nodes':
      return nodeStoreMetrics({
        name,
        shards: store.shards ?? figures.shards,
        replicasPerShard: store.replicasPerShard ?? figures.replicasPerShard,
      });
    case 'existing':
      return undefined;
    default:
      return store satisfies never;
  }
}
