import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../../lib/config/index.ts';
import { topicProperties } from '../../../lib/features/events/topic-settings.ts';
import { kafkaPrincipals } from '../../support/kafka-acls.ts';
import { environmentNames, resourcesOf } from '../../support/synth.ts';

interface Mapping {
  readonly Topics?: readonly string[];
  readonly AmazonManagedKafkaEventSourceConfig?: { readonly ConsumerGroupId: string };
  readonly SelfManagedKafkaEventSourceConfig?: { readonly ConsumerGroupId: string };
  readonly ProvisionedPollerConfig?: { readonly MaximumPollers: number };
}

const mappingsOf = (environment: (typeof environmentNames)[number]) =>
  resourcesOf(environment).flatMap(({ resource }) => {
    const properties = resource['Properties'] as Mapping;
    return resource['Type'] === 'AWS::Lambda::EventSourceMapping' && properties.Topics !== undefined
      ? [properties]
      : [];
  });
const groupOf = (mapping: Mapping) =>
  (mapping.AmazonManagedKafkaEventSourceConfig ?? mapping.SelfManagedKafkaEventSourceConfig)?.ConsumerGroupId;

// Synthesised while tests are collected, which has no time-out.
const mappings = new Map(environmentNames.map((environment) => [environment, mappingsOf(environment)]));

describe.each(environmentNames)('event source mappings of %s', (environment) => {
  const ofEnvironment = mappings.get(environment) ?? [];

  test('have one consumer group each', () => {
    const groups = ofEnvironment.map(groupOf);
    expect(groups.length).toBeGreaterThan(0);
    expect(groups).not.toContain(undefined);
    expect(new Set(groups).size).toBe(groups.length);
  });

  test('fit into one poller unit, which holds ten pollers', () => {
    const most = ofEnvironment.map(
      ({ ProvisionedPollerConfig }) => ProvisionedPollerConfig?.MaximumPollers ?? 0,
    );
    expect(most.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(10);
  });

  test('have topic settings in Base64 of a JSON object of strings', () => {
    const topics = resourcesOf(environment).flatMap(({ resource }) =>
      resource['Type'] === 'AWS::MSK::Topic' ? [resource['Properties'] as Record<string, unknown>] : [],
    );
    const declared = loadConfiguration(environment).catalogue.topics;
    const made = topics.map(({ TopicName, Configs }) => {
      const { 'Fn::Base64': text = '' } = Configs as { readonly 'Fn::Base64'?: string };
      return [String(TopicName), JSON.parse(text) as unknown] as const;
    });
    const wanted = Object.entries(declared).map(
      ([name, settings]) => [name, topicProperties(settings)] as const,
    );
    // The local run makes its topics itself.
    expect(new Map(made)).toEqual(new Map(environment === 'local' ? [] : wanted));
  });
});

test('only the function with mappings may use their consumer groups, and no others', () => {
  const mapped = new Set(mappings.get('prod')?.map(groupOf));
  const users = kafkaPrincipals('prod').filter(({ groups }) =>
    [...groups].some((group) => mapped.has(group)),
  );
  expect(users.map(({ name, groups }) => [name, groups])).toEqual([
    ['Events/BusinessFunctionRoleDefaultPolicy', mapped],
  ]);
});
