import { type environmentNames, type Resource, resourcesOf } from './synth.ts';

export interface Alarm {
  /** `Stack/Id`. */
  readonly name: string;
  readonly properties: Resource;
  readonly isComposite: boolean;
}

export type EnvironmentName = (typeof environmentNames)[number];

const types = { 'AWS::CloudWatch::Alarm': false, 'AWS::CloudWatch::CompositeAlarm': true };

export function alarmsOf(environment: EnvironmentName): Alarm[] {
  return resourcesOf(environment).flatMap(({ stack, id, resource }) =>
    resource['Type'] in types
      ? [
          {
            name: `${stack}/${id}`,
            properties: resource['Properties'] as Resource,
            isComposite: types[resource['Type'] as keyof typeof types],
          },
        ]
      : [],
  );
}

/** Names of the alarms that a rule or a suppressor of a group refers to: by id in its stack, by output in others. */
export function referredTo(alarms: readonly Alarm[], within: Alarm, reference: unknown): string[] {
  const text = JSON.stringify(reference ?? '');
  const stack = within.name.split('/')[0];
  return alarms
    .filter(({ name }) => {
      const [otherStack, id = ''] = name.split('/');
      return otherStack === stack
        ? text.includes(`["${id}","Arn"]`)
        : text.includes(`FnGetAtt${id}Arn`) || text.includes(`Ref${id}`);
    })
    .map(({ name }) => name);
}

export function named(environment: EnvironmentName, pattern: RegExp): Resource {
  const found = alarmsOf(environment).filter(({ name }) => pattern.test(name));
  if (found.length !== 1 || found[0] === undefined) {
    throw new Error(`${found.length} alarms match ${String(pattern)}.`);
  }
  return found[0].properties;
}

/** The topic that an alarm notifies. */
export function notifies({ properties }: Alarm): 'warnings' | 'critical' | 'nobody' {
  const actions = JSON.stringify(properties['AlarmActions'] ?? []);
  if (actions === '[]') return 'nobody';
  return actions.includes('Critical') ? 'critical' : 'warnings';
}
