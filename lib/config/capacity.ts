import type { Environment } from './schemas/environment.ts';
import type { ConfigurableFunction } from './schemas/functions.ts';

/** Fewest and most tasks of a service. */
export interface TaskRange {
  readonly min: number;
  readonly max: number;
}

/** How many of a function run at once; what is left out is the account's pool, and none. */
export interface FunctionCapacity {
  readonly reservedConcurrency?: number | undefined;
  readonly provisionedConcurrency?: { readonly min: number; readonly max: number } | undefined;
}

/** What one size of the shop needs. An environment names a size, and may give any figure in its own words. */
export interface CapacityProfile {
  /** Of a service that `tasksByService` does not name. */
  readonly tasks: TaskRange;
  readonly tasksByService: Readonly<Record<string, TaskRange>>;
  /** Of the store of limits: shards and replicas where nodes are run, ceilings where it is serverless. */
  readonly limitStore: {
    readonly shards: number;
    readonly replicasPerShard: number;
    readonly maxStorageGb: number;
    readonly maxEcpuPerSecond: number;
  };
  /** Of Kafka, where brokers are counted. */
  readonly brokers: number;
  /** Readers beside the one writer, and the ACU between which each of them scales. */
  readonly database: { readonly readers: number; readonly minAcu: number; readonly maxAcu: number };
  readonly functions: Readonly<Record<ConfigurableFunction, FunctionCapacity>> & {
    /** Of the authorizer, which every call passes. */
    readonly expectedInstances: number;
  };
}

/**
 * The shop as it opens, at 100 000 and at a million users. Tasks at rest, shards, brokers and readers are those of the
 * requirements' scalability table; services that it does not name are sized as its gateway is. Most tasks are four to
 * ten times those at rest, as in its autoscalers (20, and 50 for stock). A broker count is a multiple of three
 * zones, as MSK asks, so its five are six here. The authorizer's concurrency is users × 0.01 calls a second × 25 ms,
 * with room for a tenfold peak; a fifth of the calls are pages of 200 ms, which is the aggregation's; a webhook comes
 * with one call in a hundred, and its sender waits.
 */
export const capacities = {
  launch: {
    tasks: { min: 2, max: 20 },
    tasksByService: {
      product: { min: 3, max: 20 },
      order: { min: 5, max: 40 },
      inventory: { min: 5, max: 50 },
      payment: { min: 3, max: 20 },
    },
    limitStore: { shards: 3, replicasPerShard: 1, maxStorageGb: 50, maxEcpuPerSecond: 100_000 },
    brokers: 3,
    database: { readers: 2, minAcu: 1, maxAcu: 16 },
    functions: {
      auth: { reservedConcurrency: 1_000, provisionedConcurrency: { min: 20, max: 200 } },
      aggregation: { reservedConcurrency: 200, provisionedConcurrency: { min: 5, max: 50 } },
      webhooks: { reservedConcurrency: 50 },
      expectedInstances: 20,
    },
  },
  '100k': {
    tasks: { min: 5, max: 40 },
    tasksByService: {
      product: { min: 6, max: 40 },
      order: { min: 10, max: 80 },
      inventory: { min: 10, max: 100 },
      payment: { min: 5, max: 40 },
    },
    limitStore: { shards: 6, replicasPerShard: 1, maxStorageGb: 100, maxEcpuPerSecond: 300_000 },
    brokers: 6,
    database: { readers: 4, minAcu: 2, maxAcu: 64 },
    functions: {
      auth: { reservedConcurrency: 2_000, provisionedConcurrency: { min: 50, max: 500 } },
      aggregation: { reservedConcurrency: 1_000, provisionedConcurrency: { min: 40, max: 400 } },
      webhooks: { reservedConcurrency: 100 },
      expectedInstances: 50,
    },
  },
  '1m': {
    tasks: { min: 10, max: 80 },
    tasksByService: {
      product: { min: 12, max: 80 },
      order: { min: 20, max: 160 },
      inventory: { min: 20, max: 200 },
      payment: { min: 10, max: 80 },
    },
    limitStore: { shards: 12, replicasPerShard: 2, maxStorageGb: 300, maxEcpuPerSecond: 1_000_000 },
    brokers: 9,
    database: { readers: 8, minAcu: 8, maxAcu: 128 },
    functions: {
      auth: { reservedConcurrency: 5_000, provisionedConcurrency: { min: 250, max: 2_500 } },
      aggregation: { reservedConcurrency: 5_000, provisionedConcurrency: { min: 400, max: 2_000 } },
      webhooks: { reservedConcurrency: 500 },
      expectedInstances: 250,
    },
  },
} as const satisfies Record<string, CapacityProfile>;

/** The figures of an environment's size, before what it says itself. */
export function capacityProfile({ capacity }: Pick<Environment, 'capacity'>): CapacityProfile {
  return capacities[capacity];
}

/** How many brokers there are where they are counted: the environment's word, or its size's. */
export function brokerCount({ capacity, events }: Pick<Environment, 'capacity' | 'events'>): number {
  if (events.kind === 'serverless' || events.kind === 'existing') return 0;
  return events.brokers ?? capacities[capacity].brokers;
}

/** What Aurora scales between, and its readers: the environment's word for each, or its size's. */
export function databaseCapacity({
  capacity,
  database,
}: Pick<Environment, 'capacity' | 'database'>): CapacityProfile['database'] {
  const figures = capacities[capacity].database;
  if (database.kind === 'existing') return figures;
  const { minAcu = figures.minAcu, maxAcu = figures.maxAcu, readers = figures.readers } = database;
  return { minAcu, maxAcu, readers };
}

/** A service's tasks: the environment's word for it, its word for all, or its size's. */
export function serviceTaskRange(
  { capacity, services }: Pick<Environment, 'capacity' | 'services'>,
  name: string,
): TaskRange {
  const figures: CapacityProfile = capacities[capacity];
  return services.tasksByService[name] ?? services.tasks ?? figures.tasksByService[name] ?? figures.tasks;
}

/** What a function runs with: the environment's word, or its size's. Undefined is the account's pool, and none. */
export function functionCapacity(
  { capacity, functions }: Pick<Environment, 'capacity' | 'functions'>,
  name: ConfigurableFunction,
): FunctionCapacity & { readonly memoryMiB: number } {
  const figures: FunctionCapacity = capacities[capacity].functions[name];
  const { memoryMiB = functions.memoryMiB, reservedConcurrency, provisionedConcurrency } = functions[name];
  return {
    memoryMiB,
    reservedConcurrency: settled(reservedConcurrency, figures.reservedConcurrency),
    provisionedConcurrency: settled(provisionedConcurrency, figures.provisionedConcurrency),
  };
}

/** Null is a word of the environment's, too. */
function settled<T>(own: T | null | undefined, figure: T | undefined): T | undefined {
  return own === undefined ? figure : (own ?? undefined);
}

/** Instances of the authorizer on an ordinary day. */
export function expectedInstances({
  capacity,
  functions,
}: Pick<Environment, 'capacity' | 'functions'>): number {
  return functions.expectedInstances ?? capacities[capacity].functions.expectedInstances;
}
