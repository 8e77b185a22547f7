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
  /** Raised while a dependency of the services is down; suppresses the service's notification. */
  readonly dependencyDown: IAlarm;
  readonly name: string;
  readonly monitored: MonitoredService;
  /** Consumer lag in records, by topic. */
  readonly lags: Readonly<Record<string, IMetric>>;
}

/** Records of consumer lag that raise the alarm. */
const maxLag = 1_000;

/** Alarms of one service, with one notification for all. */
export class ServiceAlarms extends Construct {
  /** The service's alarm group. */
  readonly alarm: IAlarm;

  constructor(scope: Construct, id: string, props: ServiceAlarmsProps) {
    super(scope, id);
    const { name, monitored } = props;
    const metrics = serviceMetrics(monitored);
    const firstLook = `logs ${name} --since 15m --filter '{ $.level = "error" }'`;
    const alarm = (id: string, of: Omit<GatewayAlarmProps, 'topic'>): IAlarm =>
      new GatewayAlarm(this, id, { firstLook, ...of, name: of.name ?? `${id}-${name}` }).alarm;

    const alarms = [
      monitored.serverErrorAlarm ??
        alarm('ServiceServerErrors', {
          runbook: 'services/ServiceServerErrors',
          description: `More than 5 % of the calls to "${name}" end in 5xx (at least ${minCallsPerMinute} a minute). Callers see errors on its routes.`,
          metric: metrics.serverErrorPercent,
          threshold: 5,
          periods: 2,
        }),
      alarm('ServiceLatencyHigh', {
        runbook: 'services/ServiceLatencyHigh',
        description: `The p95 response time of "${name}" is over 500 ms. Calls to its routes are slow.`,
        metric: metrics.p95Ms,
        threshold: 500,
        periods: 5,
      }),
      alarm('UnhealthyTargets', {
        runbook: 'services/UnhealthyTargets',
        description: `A task of "${name}" fails its health check. The other tasks carry its load; without a healthy task its routes answer 503.`,
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
          description: `"${name}" runs fewer tasks than desired. The other tasks carry the load.`,
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
          description: `The tasks of "${name}" use over 90 % of CPU or memory although the service scales. Responses become slow.`,
          metric: higherOf(cpuPercent, memoryPercent),
          threshold: 90,
          periods: 10,
        }),
      );
    }
    for (const [topic, lag] of Object.entries(props.lags)) {
      alarms.push(
        alarm(`ConsumerLag-${topic}`, {
          name: `ConsumerLag-${name}-${topic}`,
          runbook: 'services/ConsumerLag',
          description: `"${name}" has over ${maxLag} unread records of ${topic}. Orders, stock or e-mails that depend on them are late.`,
          metric: lag,
          threshold: maxLag,
          periods: 10,
        }),
      );
    }
    this.alarm = new AlarmGroup(this, 'ServiceDegraded', {
      topic: props.topic,
      name: `ServiceDegraded-${name}`,
      runbook: 'services/ServiceDegraded',
      firstLook,
      description: `The service "${name}" has errors, slow responses, unhealthy or missing tasks, high load or consumer lag.`,
      alarms,
      suppressedBy: props.dependencyDown,
    }).alarm;
  }
}

function higherOf(cpu: IMetric, memory: IMetric): IMetric {
  return new MathExpression({
    period: Duration.minutes(1),
    label: 'CPU or memory, percent',
    expression: 'MAX([cpu, memory])',
    usingMetrics: { cpu, memory },
  });
}
