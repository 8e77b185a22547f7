import { Duration, TimeZone } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { FargateService } from 'aws-cdk-lib/aws-ecs';
import type { ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';

/** Scaling of a service. */
export interface ScalingSettings {
  /** Minimum and maximum number of tasks. */
  readonly tasks: { readonly min: number; readonly max: number };
  readonly cpuPercent: number;
  readonly memoryPercent: number;
  readonly requestsPerTargetPerMinute: number;
  readonly outCooldownSeconds: number;
  readonly inCooldownSeconds: number;
  /** Schedules by name: during each, the minimum is multiplied by `factor`. */
  readonly schedules: Readonly<Record<string, TimedFactor>>;
}

/** A schedule that multiplies the minimum number of tasks. */
export interface TimedFactor {
  /** Cron expression with six fields: minutes, hours, day of month, month, day of week, year. */
  readonly cron: string;
  readonly timeZone: string;
  readonly factor: number;
}

/**
 * Scales a service by target tracking. Each target is evaluated separately, and the highest number of tasks wins. On CPU or
 * memory, target tracking at most doubles a service per step, because they end at 100 percent and the targets are over 50.
 * It scales in more slowly than out.
 *
 * @param counted target group whose requests are counted; undefined with two target groups, because the metric supports only
 *   one
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
