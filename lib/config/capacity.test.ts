import { describe, expect, it } from 'vitest';
import { capacities, figuresOf, functionFigures, tasksOf } from './capacity.ts';
import { prod } from './environments/prod.ts';
import { checkTogether, loadCatalogue, loadConfiguration } from './index.ts';

describe('the capacity of an environment', () => {
  it('has tasks, shards, brokers and readers of the scalability table', () => {
    const column = (name: keyof typeof capacities) => {
      const { tasksOf: of, store, brokers, database } = capacities[name];
      return {
        tasks: [of.product.min, of.order.min, of.inventory.min, of.payment.min],
        shards: store.shards,
        brokers,
        readers: database.readers,
      };
    };
    expect(column('launch')).toEqual({ tasks: [3, 5, 5, 3], shards: 3, brokers: 3, readers: 2 });
    // The table's five brokers do not divide over three zones.
    expect(column('100k')).toEqual({ tasks: [6, 10, 10, 5], shards: 6, brokers: 6, readers: 4 });
    expect(column('1m')).toEqual({ tasks: [12, 20, 20, 10], shards: 12, brokers: 9, readers: 8 });
  });

  it.each(['launch', '100k', '1m'] as const)('%s decides where prod says nothing itself', (capacity) => {
    const { environment } = checkTogether(loadCatalogue(), { ...prod, capacity });
    const figures = capacities[capacity];
    expect(figuresOf(environment)).toBe(figures);
    expect(tasksOf(environment, 'order')).toEqual(figures.tasksOf.order);
    expect(tasksOf(environment, 'review')).toEqual(figures.tasks);
    expect(functionFigures(environment)).toEqual(figures.functions);
  });

  it('gives way to every figure of the environment', () => {
    const { environment } = checkTogether(loadCatalogue(), {
      ...prod,
      capacity: '1m',
      services: { ...prod.services, tasks: { min: 1, max: 3 }, tasksOf: { order: { min: 2, max: 4 } } },
      functions: { ...prod.functions, provisionedConcurrency: null, expectedInstances: 7 },
    });
    expect(tasksOf(environment, 'order')).toEqual({ min: 2, max: 4 });
    expect(tasksOf(environment, 'inventory')).toEqual({ min: 1, max: 3 });
    expect(functionFigures(environment)).toEqual({
      reservedConcurrency: 5_000,
      provisionedConcurrency: undefined,
      expectedInstances: 7,
    });
  });

  it('leaves the concurrency of small environments to the pool of the account', () => {
    expect(functionFigures(loadConfiguration('dev').environment)).toEqual({
      reservedConcurrency: undefined,
      provisionedConcurrency: undefined,
      expectedInstances: 1,
    });
  });
});
