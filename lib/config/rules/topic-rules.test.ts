import { describe, expect, test } from 'vitest';
import { catalogue } from '../catalogue/catalogue.ts';
import { dev } from '../environments/dev.ts';
import { ConfigError, checkConfiguration, loadCatalogue } from '../index.ts';
import type { CatalogueInput } from '../schemas/catalogue.ts';
import type { EnvironmentInput } from '../schemas/environment.ts';
import { faultsOf } from '../testing/fixtures.ts';

const withTopics = (topics: object): CatalogueInput => ({
  ...catalogue,
  topics: { ...catalogue.topics, ...topics },
});
const topic = { description: 'A topic.' };

function environmentFaultsOf(input: CatalogueInput, events: object): string {
  try {
    checkConfiguration(loadCatalogue(input), { ...dev, events: events as EnvironmentInput['events'] });
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

describe('a topic', () => {
  test.each([
    ['with an upper-case name', { 'Orders.Created': topic }, 'Name a topic in lower case'],
    [
      'without partitions',
      { t: { ...topic, partitions: 0 } },
      'catalogue.topics.t.partitions: is less than 1.',
    ],
    ['with too many partitions', { t: { ...topic, partitions: 101 } }, 'Give at most 100'],
    ['kept for more than a year', { t: { ...topic, retentionHours: 9_000 } }, 'Give at most one year.'],
    ['with an unknown cleanup', { t: { ...topic, cleanup: 'burn' } }, 'Use one of: delete, compact.'],
    [
      'with an unknown key',
      { t: { ...topic, partition: 3 } },
      'catalogue.topics.t.partition: is not a known key.',
    ],
  ])('refuses a topic %s', (_, topics, said) => {
    expect(faultsOf(withTopics(topics))).toContain(said);
  });

  test('a topic has six partitions and is kept for a week by default', () => {
    expect(loadCatalogue(withTopics({ t: topic })).topics['t']).toEqual({
      ...topic,
      partitions: 6,
      retentionHours: 168,
      cleanup: 'delete',
    });
  });

  test('refuses unknown topics of services and webhooks', () => {
    const { order } = catalogue.services;
    const { 'payments.webhook': _, ...topics } = catalogue.topics ?? {};
    const said = faultsOf({
      ...catalogue,
      services: {
        ...catalogue.services,
        order: { ...order, produces: ['orders.shipped'], consumes: ['orders.paid'] } as typeof order & object,
      },
      topics,
    });
    expect(said).toContain(
      'catalogue.services.order.produces: names the topic "orders.shipped", which does not exist.',
    );
    expect(said).toContain(
      'catalogue.services.order.consumes: names the topic "orders.paid", which does not exist.',
    );
    expect(said).toContain(
      'catalogue.webhooks.stripe.topic: names the topic "payments.webhook", which does not exist.',
    );
    expect(said).toContain('Use one of orders.created, ');
  });
});

describe('brokers', () => {
  const many = (count: number, partitions: number, more: object = {}) =>
    withTopics(
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`t${index}`, { ...topic, partitions, ...more }]),
      ),
    );
  const small = { kind: 'standard', brokerType: 'kafka.t3.small', storageGb: 10, maxStorageGb: 20 };

  test('refuses more partitions than AWS recommends for the broker size', () => {
    // The 60 partitions of the shop and 240 more, each with three replicas on three brokers.
    expect(environmentFaultsOf(many(4, 60), small)).toBe('');
    expect(environmentFaultsOf(many(4, 61), small)).toContain(
      'environments/dev.events: gives each broker 304 partitions; AWS recommends at most 300 for kafka.t3.small.',
    );
    expect(environmentFaultsOf(many(4, 61), { ...small, brokers: 6 })).toBe('');
    // In two zones each partition is there twice: as many a broker, though there are fewer brokers.
    expect(environmentFaultsOf(many(4, 60), { ...small, zones: 2, brokers: 2 })).toBe('');
    expect(environmentFaultsOf(many(4, 61), { ...small, zones: 2, brokers: 2 })).toContain('304 partitions');
    const express = { kind: 'express', brokerType: 'express.m7g.large' };
    expect(environmentFaultsOf(many(10, 95), express)).toContain(
      '1010 partitions; AWS recommends at most 1000',
    );
  });

  test('refuses more partitions than MSK Serverless allows, with a lower quota for compacted topics', () => {
    const serverless = { kind: 'serverless' };
    expect(environmentFaultsOf(many(23, 100), serverless)).toBe('');
    expect(environmentFaultsOf(many(24, 100), serverless)).toContain(
      'needs 2460 partitions with cleanup "delete"; MSK Serverless allows 2400.',
    );
    expect(environmentFaultsOf(many(2, 61, { cleanup: 'compact' }), serverless)).toContain(
      'needs 122 partitions with cleanup "compact"; MSK Serverless allows 120.',
    );
  });

  test.each([
    [
      'of an unknown kind',
      { kind: 'rabbit' },
      'Give kind "serverless", "express", "standard" or "existing".',
    ],
    [
      'of a number that three zones do not divide',
      { ...small, brokers: 4 },
      'environments/dev.events.brokers: is 4, and each of 3 zones has equally many brokers. Give a multiple of 3.',
    ],
    ['of a number that two zones do not divide', { ...small, zones: 2, brokers: 3 }, 'Give a multiple of 2.'],
    [
      'of the size of the environment, which two zones do not divide',
      { ...small, zones: 2 },
      'environments/dev.events.brokers: is 3, and each of 2 zones has equally many brokers.',
    ],
    [
      'in one zone',
      { ...small, zones: 1, brokers: 1 },
      'environments/dev.events.zones: is less than 2. Give 2 or 3: MSK needs at least two zones.',
    ],
    [
      'in more zones than the network has',
      { ...small, zones: 4, brokers: 4 },
      'environments/dev.events.zones: is 4; the network has 3 zones. Give 3 at most.',
    ],
    [
      'of the Express kind in two zones',
      { kind: 'express', brokerType: 'express.m7g.large', zones: 2 },
      'zones',
    ],
    [
      'whose volumes cannot grow',
      { ...small, maxStorageGb: 10 },
      'maxStorageGb must be more than storageGb.',
    ],
    ['with an invalid version', { ...small, kafkaVersion: 'latest' }, 'aws kafka list-kafka-versions'],
    ['of an unknown size', { ...small, brokerType: 'kafka.tiny' }, 'kafka.t3.small'],
  ])('refuses brokers %s', (_, events, said) => {
    expect(environmentFaultsOf(catalogue, events)).toContain(said);
  });
});
