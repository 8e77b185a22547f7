import { Duration } from 'aws-cdk-lib';
import { type IAlarm, type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { AlarmGroup } from '../observability/alarm-group.ts';
import { GatewayAlarm, type GatewayAlarmProps } from '../observability/gateway-alarm.ts';
import {
  type MonitoredService,
  minCallsPerMinute,
  serviceMetrics,
} from '../observability/service-level-metrics.ts';

export interface ServiceAlarmsProps {
  readonly topic: ITopic;
  /** Raised while what services rest on is away, and told apart. */
  readonly dependencyDown: IAlarm;
  readonly name: string;
  readonly monitored: MonitoredService;
  /** By topic: records that the service has yet to read. */
  readonly lags: Readonly<Record<string, IMetric>>;
}

/** Records that wait for a service which reads events; fewer are a moment's work. */
const maxLag = 1_000;

/** What somebody must hear of one service: told once, whatever shows it first. */
export class ServiceAlarms extends Construct {
  /** Of the whole service. */
  readonly alarm: IAlarm;

  constructor(scope: Construct, id: string, props: ServiceAlarmsProps) {
    super(scope, id);
    const { name, monitored } = props;
    const metrics = serviceMetrics(monitored);
    const alarm = (id: string, of: Omit<GatewayAlarmProps, 'topic'>): IAlarm =>
      new GatewayAlarm(this, id, of).alarm;

    const alarms = [
      monitored.serverErrorAlarm ??
        alarm('ServiceServerErrors', {
          runbook: 'services/ServiceServerErrors',
          description: `More than 5 % of at least ${minCallsPerMinute} calls a minute of "${name}" ended in 5xx.`,
          metric: metrics.serverErrorPercent,
          threshold: 5,
          periods: 2,
        }),
      alarm('ServiceLatencyHigh', {
        runbook: 'services/ServiceLatencyHigh',
        description: `One call in twenty to "${name}" took over half a second.`,
        metric: metrics.p95Ms,
        threshold: 500,
        periods: 5,
      }),
      alarm('UnhealthyTargets', {
        runbook: 'services/UnhealthyTargets',
        description: `A task of "${name}" fails its health check. Look at its log and its last deployment.`,
        metric: metrics.unhealthyTargets,
        threshold: 0,
        periods: 5,
      }),
    ];
    const { missingTasks, cpuPercent, memoryPercent } = metrics;
    if (missingTasks !== undefined) {
      alarms.push(
        alarm('MissingTasks', {
          runbook: 'services/MissingTasks',
          description: `"${name}" has fewer tasks than it should. Look at the events of the service.`,
          metric: missingTasks,
          threshold: 0,
          periods: 10,
        }),
      );
    }
    if (cpuPercent !== undefined && memoryPercent !== undefined) {
      alarms.push(
        alarm('ServiceCpuOrMemoryHigh', {
          runbook: 'services/ServiceCpuOrMemoryHigh',
          description: `The tasks of "${name}" are at over 90 % of processor or memory, and scaling does not help.`,
          metric: new MathExpression({
            period: Duration.minutes(1),
            label: 'CPU or memory, percent',
            expression: 'MAX([cpu, memory])',
            usingMetrics: { cpu: cpuPercent, memory: memoryPercent },
          }),
          threshold: 90,
          periods: 10,
        }),
      );
    }
    for (const [topic, lag] of Object.entries(props.lags)) {
      alarms.push(
        alarm(`ConsumerLag-${topic}`, {
          runbook: 'services/ConsumerLag',
          description: `"${name}" is behind with reading ${topic}.`,
          metric: lag,
          threshold: maxLag,
          periods: 10,
        }),
      );
    }
    this.alarm = new AlarmGroup(this, 'ServiceDegraded', {
      topic: props.topic,
      runbook: 'services/ServiceDegraded',
      description: `The service "${name}" is not well.`,
      alarms,
      suppressedBy: props.dependencyDown,
    }).alarm;
  }
}
