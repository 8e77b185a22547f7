import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { type ApplicationLoadBalancer, HttpCodeElb } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { graph, type Row, row, withLabel } from '../observability/dashboard-row.ts';
import { type MonitoredService, serviceMetrics } from './service-metrics.ts';

/** Dashboard row of the internal load balancer. */
export function loadBalancerDashboardRow({ metrics }: ApplicationLoadBalancer): Row {
  return row(
    graph('Load balancer: requests, fixed responses, rejected connections', [
      metrics.requestCount({ label: 'requests' }),
      metrics.httpFixedResponseCount({ label: 'fixed responses' }),
      metrics.rejectedConnectionCount({ label: 'rejected' }),
    ]),
    graph('Load balancer: its own 5xx', [metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, { label: '5xx' })]),
  );
}

/** Dashboard rows of all services: one line per service in each graph, so that more services need no more graphs. */
export function serviceDashboardRows(services: Readonly<Record<string, MonitoredService>>): Row[] {
  const metrics = Object.entries(services).map(([name, service]) => ({ name, ...serviceMetrics(service) }));
  const lines = (metricOf: (of: (typeof metrics)[number]) => IMetric | undefined) =>
    metrics.flatMap((of) => {
      const metric = metricOf(of);
      return metric === undefined ? [] : [withLabel(metric, of.name)];
    });
  return [
    row(
      graph(
        'Services: p95 response time, s',
        lines(({ responseSeconds }) => responseSeconds),
      ),
      graph(
        'Services: unhealthy targets',
        lines(({ unhealthyTargets }) => unhealthyTargets),
      ),
      graph(
        'Services: tasks',
        lines(({ runningTasks }) => runningTasks),
      ),
    ),
    row(
      graph(
        'Services: CPU, percent',
        lines(({ cpuPercent }) => cpuPercent),
      ),
      graph(
        'Services: memory, percent',
        lines(({ memoryPercent }) => memoryPercent),
      ),
    ),
  ];
}
