import type { CloudWatch } from '@aws-sdk/client-cloudwatch';

/** An alarm as CloudWatch describes it. */
export interface AlarmState {
  readonly name: string;
  readonly region: string;
  /** `OK`, `ALARM` or `INSUFFICIENT_DATA`. */
  readonly state: string;
  /** Why the alarm is in its state, in CloudWatch's words. */
  readonly reason: string;
  /** Time of the last change of state, as an RFC 3339 instant. */
  readonly since: string | null;
  readonly description: string;
}

export interface AlarmReader {
  /** The alarm with this physical name, else every alarm whose name begins with it. */
  find(name: string): Promise<readonly AlarmState[]>;
}

export interface AlarmReaderOptions {
  readonly clientIn: (region: string) => Pick<CloudWatch, 'describeAlarms'>;
  /** Regions that have alarms of the environment. */
  readonly regions: readonly string[];
}

/** Reads alarms with `DescribeAlarms`. */
export function createAlarmReader({ clientIn, regions }: AlarmReaderOptions): AlarmReader {
  return {
    async find(name) {
      const found = (
        await Promise.all(regions.map((region) => alarmsIn(clientIn(region), region, name)))
      ).flat();
      const exact = found.filter((alarm) => alarm.name === name);
      return exact.length > 0 ? exact : found;
    },
  };
}

async function alarmsIn(
  client: Pick<CloudWatch, 'describeAlarms'>,
  region: string,
  AlarmNamePrefix: string,
): Promise<AlarmState[]> {
  const alarms: AlarmState[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.describeAlarms({
      AlarmNamePrefix,
      AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
      NextToken,
    });
    for (const alarm of [...(page.CompositeAlarms ?? []), ...(page.MetricAlarms ?? [])]) {
      alarms.push({
        name: alarm.AlarmName ?? '',
        region,
        state: alarm.StateValue ?? '',
        reason: alarm.StateReason ?? '',
        since: alarm.StateUpdatedTimestamp?.toISOString() ?? null,
        description: alarm.AlarmDescription ?? '',
      });
    }
    ({ NextToken } = page);
  } while (NextToken !== undefined);
  return alarms;
}
