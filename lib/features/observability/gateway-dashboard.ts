import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  SingleValueWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { ApiMetrics } from './api-metrics.ts';
import { dashboardWidth, type Row } from './dashboard-row.ts';

export interface GatewayDashboardProps {
  readonly name: string;
  /** Alarms at the top of the dashboard. */
  readonly alarms: readonly IAlarm[];
  readonly publicApi: ApiMetrics;
  /** Objectives in percent: calls without 5xx, and calls within the latency. */
  readonly objectives: {
    readonly availabilityPercent: number;
    readonly latency: { readonly percent: number; readonly withinMs: number };
  };
  readonly rows: readonly Row[];
}

/** The dashboard from top to bottom: alarms, objectives, the path of a request, the shop. */
export class GatewayDashboard extends Construct {
  constructor(scope: Construct, id: string, { name, alarms, rows, ...props }: GatewayDashboardProps) {
    super(scope, id);
    new Dashboard(this, 'Dashboard', {
      dashboardName: name,
      defaultInterval: Duration.hours(3),
      widgets: [
        [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: dashboardWidth, height: 3 })],
        objectiveWidgets(props),
        ...rows.map((row) => [...row]),
      ],
    });
  }
}

/** Over the dashboard's own time: set it to four weeks to see what is left of an objective. */
function objectiveWidgets({
  publicApi,
  objectives,
}: Pick<GatewayDashboardProps, 'publicApi' | 'objectives'>) {
  const { availabilityPercent, latency } = objectives;
  const hour = Duration.hours(1);
  const failed = publicApi.failedPercent(hour, 1);
  const slow = publicApi.slowPercent(latency.withinMs, hour, 1);
  const value = (title: string, metric: typeof failed) =>
    new SingleValueWidget({ title, metrics: [metric], setPeriodToTimeRange: true, width: 6, height: 6 });
  const graph = (title: string, metric: typeof failed, budgetPercent: number) =>
    new GraphWidget({
      title,
      left: [metric],
      leftYAxis: { min: 0 },
      leftAnnotations: [{ value: Number(budgetPercent.toFixed(3)), label: 'error budget' }],
      width: 6,
    });
  return [
    value(`Failed, percent (at most ${Number((100 - availabilityPercent).toFixed(3))})`, failed),
    graph('Failed by the hour, percent', failed, 100 - availabilityPercent),
    value(
      `Over ${latency.withinMs} ms, percent (at most ${Number((100 - latency.percent).toFixed(3))})`,
      slow,
    ),
    graph('Slow by the hour, percent', slow, 100 - latency.percent),
  ];
}
