import { TimeZone } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import type { TimedFactor } from '../services/service-scaling.ts';

/** How many instances of a function are warm before a call comes. */
export interface ProvisionedConcurrency {
  /** At least and at most; the least also right after a deployment. */
  readonly min: number;
  readonly max: number;
  /** By name: at these times the fewest become `factor` times their own number. */
  readonly schedules: Readonly<Record<string, TimedFactor>>;
}

/**
 * Instances are made while this part of them is busy, as the Lambda guide has it ("Managing provisioned concurrency
 * with Application Auto Scaling"): three minutes over it add some, fifteen under it take some away.
 */
const targetUtilization = 0.7;

/** Scales the provisioned concurrency of an alias by its utilisation and by the clock. */
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
