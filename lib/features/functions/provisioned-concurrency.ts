import { TimeZone } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import type { TimedFactor } from '../services/service-scaling.ts';

/** Provisioned concurrency of a function. */
export interface ProvisionedConcurrency {
  /** Minimum and maximum; the minimum applies directly after a deployment, too. */
  readonly min: number;
  readonly max: number;
  /** Schedules by name: during each, the minimum is multiplied by `factor`. */
  readonly schedules: Readonly<Record<string, TimedFactor>>;
}

/**
 * Target utilization, as the Lambda guide recommends ("Managing provisioned concurrency with Application Auto Scaling"):
 * three minutes over it scale out, fifteen minutes under it scale in.
 */
const targetUtilization = 0.7;

/** Scales the provisioned concurrency of an alias by utilization and by schedule. */
export function scaleProvisionedConcurrency(
  alias: Alias,
  { min, max, schedules }: ProvisionedConcurrency,
): void {
  const warm = alias.addAutoScaling({ minCapacity: min, maxCapacity: max });
  warm.scaleOnUtilization({ utilizationTarget: targetUtilization });
  for (const [name, { cron, timeZone, factor }] of Object.entries(schedules)) {
    const fewest = Math.ceil(min * factor);
    warm.scaleOnSchedule(name, {
      schedule: Schedule.expression(`cron(${cron})`),
      timeZone: TimeZone.of(timeZone),
      minCapacity: fewest,
      maxCapacity: Math.max(fewest, max),
    });
  }
}
