import { Duration, TimeZone } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { FargateService } from 'aws-cdk-lib/aws-ecs';
import type { ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';

/** How many tasks a service has, and what makes them more or fewer. */
export interface ScalingSettings {
  /** Fewest and most tasks. */
  readonly tasks: { readonly min: number; readonly max: number };
  readonly cpuPercent: number;
  readonly memoryPercent: number;
  readonly requestsPerTargetPerMinute: number;
  readonly outCooldownSeconds: number;
  readonly inCooldownSeconds: number;
  /** By name: at these times the fewest tasks become `factor` times their own number. */
  readonly schedules: Readonly<Record<string, TimedFactor>>;
}

/** At a time of day or week, so many times as many as in an ordinary hour. */
export interface TimedFactor {
  /** Six fields: minutes, hours, day of month, month, day of week, year. */
  readonly cron: string;
  readonly timeZone: string;
  readonly factor: number;
}

/**
 * Scales a service to the targets, each measured apart; the one that asks for most tasks wins. What a step may change
 * follows from target tracking: it never more than doubles a service on CPU or memory, which end at 100 percent of
 * targets over 50, and shrinks it more slowly than it grows.
 *
 * @param counted the group whose requests are counted; undefined where two groups take turns, because the metric knows
 *   one group only.
 */
export function scaleService(
  service: FargateService,
  counted: ApplicationTargetGroup | undefined,
  { tasks, schedules, ...settings }: ScalingSettings,
): void {
  const cooldown = {
    scaleOutCooldown: Duration.seconds(settings.outCooldownSeconds),
    scaleInCooldown: Duration.seconds(settings.inCooldownSeconds),
  };
  const count = service.autoScaleTaskCount({ minCapacity: tasks.min, maxCapacity: tasks.max });
  count.scaleOnCpuUtilization('Cpu', { ...cooldown, targetUtilizationPercent: settings.cpuPercent });
  count.scaleOnMemoryUtilization('Memory', { ...cooldown, targetUtilizationPercent: settings.memoryPercent });
  if (counted !== undefined) {
    count.scaleOnRequestCount('Requests', {
      ...cooldown,
      requestsPerTarget: settings.requestsPerTargetPerMinute,
      targetGroup: counted,
    });
  }
  for (const [name, { cron, timeZone, factor }] of Object.entries(schedules)) {
    const min = Math.ceil(tasks.min * factor);
    count.scaleOnSchedule(name, {
      schedule: Schedule.expression(`cron(${cron})`),
      timeZone: TimeZone.of(timeZone),
      minCapacity: min,
      maxCapacity: Math.max(min, tasks.max),
    });
  }
}
