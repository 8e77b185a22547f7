import { Stack } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';

/** Settings of an environment that every alarm uses in its name and its description. */
export interface AlarmDefaults {
  /** Name of the environment, such as `prod`. */
  readonly environment: string;
  /** URL of the published `docs/runbooks`, without a slash at the end. */
  readonly runbookBaseUrl: string;
  /** Regions besides the first; operators' commands must name these. */
  readonly furtherRegions: readonly string[];
}

const contextKey = 'gatehouse:alarm-defaults';

/** Sets the defaults of all alarms below a construct. Call it before the construct has children. */
export function setAlarmDefaults(scope: Construct, defaults: AlarmDefaults): void {
  scope.node.setContext(contextKey, defaults);
}

function alarmDefaults(scope: IConstruct): AlarmDefaults {
  const found = scope.node.tryGetContext(contextKey) as AlarmDefaults | undefined;
  if (found !== undefined) return found;
  throw new Error(`${scope.node.path}: call setAlarmDefaults on the stage before you add an alarm.`);
}

/** Physical name of an alarm: `gatehouse-prod-ServiceLatencyHigh-order` for `ServiceLatencyHigh-order`. */
export function physicalAlarmName(scope: IConstruct, name: string): string {
  return `gatehouse-${alarmDefaults(scope).environment}-${name}`;
}

export interface AlarmText {
  /** Name of the alarm without the environment, such as `ServiceLatencyHigh-order`. */
  readonly name: string;
  /** What is wrong and what the impact is, in plain English. */
  readonly description: string;
  /** The alarm's page in `docs/runbooks`, without `.md`. */
  readonly runbook: string;
  /** Arguments of `npm run ops --` for the first look, without `--env`. @default `open` with the alarm's name */
  readonly firstLook?: string | undefined;
}

/** "The description of the alarm", `PutMetricAlarm` and `PutCompositeAlarm` of the CloudWatch API reference. */
const maxDescriptionLength = 1_024;

/** Description of an alarm: the fault, the runbook's URL, the console link, and the command for the first look. */
export function alarmDescription(scope: IConstruct, text: AlarmText): string {
  const { environment, runbookBaseUrl, furtherRegions } = alarmDefaults(scope);
  const { region } = Stack.of(scope);
  const name = physicalAlarmName(scope, text.name);
  const place = furtherRegions.includes(region) ? ` --region ${region}` : '';
  const description = [
    text.description,
    `Runbook: ${runbookBaseUrl}/${text.runbook}.md`,
    `Metric: https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#alarmsV2:alarm/${name}`,
    `First query: npm run ops -- ${text.firstLook ?? `open ${name}`} --env ${environment}${place}`,
  ].join('\n');
  if (description.length <= maxDescriptionLength) return description;
  throw new Error(
    `The description of the alarm ${name} has ${description.length} characters. CloudWatch accepts ` +
      `${maxDescriptionLength}: shorten it or alarms.runbookBaseUrl.`,
  );
}
