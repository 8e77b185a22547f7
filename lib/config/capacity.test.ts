import { describe, expect, test } from 'vitest';
import {
  brokerCount,
  capacities,
  capacityProfile,
  databaseCapacity,
  expectedInstances,
  functionCapacity,
  serviceTaskRange,
} from './capacity.ts';
import { prod } from './environments/prod.ts';
import { checkConfiguration, loadCatalogue, loadConfiguration } from './index.ts';
import { configurableFunctions } from './schemas/functions.ts';

describe('capacity of an environment', () => {
  test('has the tasks, shards, brokers and readers of the scalability table', () => {
    const column = (name: keyof typeof capacities) => {
      const { tasksByService: of, limitStore, brokers, database } = capacities[name];
      return {
        tasks: [of.product.min, of.order.min, of.inventory.min, of.payment.min],
        shards: limitStore.shards,
        brokers,
        readers: database.readers,
      };
    };
    expect(column('launch')).toEqual({ tasks: [3, 5, 5, 3], shards: 3, brokers: 3, readers: 2 });
    // The five brokers of the table cannot be divided by three zones.
    expect(column('100k')).toEqual({ tasks: [6, 10, 10, 5], shards: 6, brokers: 6, readers: 4 });
    expect(column('1m')).toEqual({ tasks: [12, 20, 20, 10], shards: 12, brokers: 9, readers: 8 });
  });

  test("uses the environment's brokers and database figures where given", () => {
    const { environment } = checkConfiguration(loadCatalogue(), {
      ...prod,
      capacity: '100k',
      events: { kind: 'express', brokerType: 'express.m7g.xlarge', brokers: 9 },
      database: { kind: 'aurora', readers: 1 },
    });
    expect(brokerCount(environment)).toBe(9);
    expect(databaseCapacity(environment)).toEqual({ ...capacities['100k'].database, readers: 1 });
  });

  test.each(['launch', '100k', '1m'] as const)(
    'uses the figures of %s where prod has no overrides',
    (capacity) => {
      const { environment } = checkConfiguration(loadCatalogue(), { ...prod, capacity });
      const figures = capacities[capacity];
      expect(capacityProfile(environment)).toBe(figures);
      expect(brokerCount(environment)).toBe(figures.brokers);
      expect(databaseCapacity(environment)).toEqual(figures.database);
      expect(serviceTaskRange(environment, 'order')).toEqual(figures.tasksByService.order);
      expect(serviceTaskRange(environment, 'review')).toEqual(figures.tasks);
      for (const name of configurableFunctions)
        expect(functionCapacity(environment, name)).toEqual({ memoryMiB: 1_024, ...figures.functions[name] });
      expect(expectedInstances(environment)).toBe(figures.functions.expectedInstances);
    },
  );

  test('lets the environment override every figure', () => {
    const { environment } = checkConfiguration(loadCatalogue(), {
      ...prod,
      capacity: '1m',
      services: {
        ...prod.services,
        tasks: { min: 1, max: 3 },
        tasksByService: { order: { min: 2, max: 4 } },
      },
      functions: {
        ...prod.functions,
        auth: { provisionedConcurrency: null },
        aggregation: { memoryMiB: 2_048, provisionedConcurrency: { min: 3, max: 3 } },
        webhooks: { reservedConcurrency: null, provisionedConcurrency: { min: 2, max: 3 } },
        expectedInstances: 7,
      },
    });
    expect(serviceTaskRange(environment, 'order')).toEqual({ min: 2, max: 4 });
    expect(serviceTaskRange(environment, 'inventory')).toEqual({ min: 1, max: 3 });
    expect(functionCapacity(environment, 'auth')).toEqual({ memoryMiB: 1_024, reservedConcurrency: 5_000 });
    expect(functionCapacity(environment, 'aggregation')).toEqual({
      memoryMiB: 2_048,
      reservedConcurrency: 5_000,
      provisionedConcurrency: { min: 3, max: 3 },
    });
    expect(functionCapacity(environment, 'webhooks')).toEqual({
      memoryMiB: 1_024,
      provisionedConcurrency: { min: 2, max: 3 },
    });
    expect(expectedInstances(environment)).toBe(7);
  });

  test('reserves no concurrency in small environments', () => {
    const { environment } = loadConfiguration('dev');
    for (const name of configurableFunctions)
      expect(functionCapacity(environment, name)).toEqual({ memoryMiB: 512 });
    expect(expectedInstances(environment)).toBe(1);
  });

  test('refuses more provisioned instances than reserved ones', () => {
    const functions = { ...prod.functions, auth: { reservedConcurrency: 150 } };
    expect(() => checkConfiguration(loadCatalogue(), { ...prod, functions })).toThrow(
      /prod\.functions\.auth.*up to 200 provisioned instances, but only 150 are reserved/s,
    );
    const schedules = { rush: { cron: '0 9 * * ? *', factor: 10 } };
    const aggregation = { reservedConcurrency: 50, provisionedConcurrency: { min: 6, max: 10 } };
    expect(() =>
      checkConfiguration(loadCatalogue(), {
        ...prod,
        functions: { ...prod.functions, aggregation, schedules },
      }),
    ).toThrow(/prod\.functions\.aggregation.*up to 60/s);
  });
});
