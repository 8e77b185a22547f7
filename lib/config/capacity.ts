import type { Environment } from './schemas/environment.ts';
import type { ConfigurableFunction } from './schemas/functions.ts';

/** Minimum and maximum number of tasks of a service. */
export interface TaskRange {
  readonly min: number;
  readonly max: number;
}

/**
 * Concurrency of a function. Without `reservedConcurrency` it shares the account's pool; without
 * `provisionedConcurrency` it has no warm instances.
 */
export interface FunctionCapacity {
  readonly reservedConcurrency?: number | undefined;
  readonly provisionedConcurrency?: { readonly min: number; readonly max: number } | undefined;
}

/** Figures for one size of the shop. An environment names a size and can override each figure. */
export interface CapacityProfile {
  /** Tasks of every service that `tasksByService` does not name. */
  readonly tasks: TaskRange;
  readonly tasksByService: Readonly<Record<string, TaskRange>>;
  /** Limit store: shards and replicas of a node-based cache, maxima of a serverless one. */
  readonly limitStore: {
    readonly shards: number;
    readonly replicasPerShard: number;
    readonly maxStorageGb: number;
    readonly maxEcpuPerSecond: number;
  };
  /** Kafka brokers of a provisioned MSK cluster. */
  readonly brokers: number;
  /** Aurora readers besides the writer, and the ACU range of each instance. */
  readonly database: { readonly readers: number; readonly minAcu: number; readonly maxAcu: number };
  readonly functions: Readonly<Record<ConfigurableFunction, FunctionCapacity>> & {
    /** Concurrent instances of the authorizer on an ordinary day. */
    readonly expectedInstances: number;
  };
}

/**
 * Figures at launch, for 100 000 users and for one million users.
 *
 * Minimum tasks, shards, brokers and readers follow the scalability table of the requirements; services that the table
 * does not name have the figures of its gateway. Maximum tasks are four to ten times the minimum, as in the autoscalers
 * of the requirements (20, and 50 for inventory). MSK requires a broker count that is a multiple of the zones, three by default, so
 * the table's five brokers are six here. The authorizer's concurrency is users × 0.01 requests a second × 25 ms, with
 * headroom for a tenfold peak. One request in five is a page that the aggregation function answers in 200 ms. One
 * request in a hundred is a webhook, and its sender can wait.
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

/** Figures of an environment's size, before the environment's overrides. */
export function capacityProfile({ capacity }: Pick<Environment, 'capacity'>): CapacityProfile {
  return capacities[capacity];
}

/**
 * Number of MSK brokers: the environment's override or its size's figure; 0 where MSK Serverless or an existing log is
 * used.
 */
export function brokerCount({ capacity, events }: Pick<Environment, 'capacity' | 'events'>): number {
  if (events.kind === 'serverless' || events.kind === 'existing') return 0;
  return events.brokers ?? capacities[capacity].brokers;
}

/** Aurora's ACU range and number of readers: the environment's overrides, otherwise its size's figures. */
export function databaseCapacity({
  capacity,
  database,
}: Pick<Environment, 'capacity' | 'database'>): CapacityProfile['database'] {
  const figures = capacities[capacity].database;
  if (database.kind === 'existing') return figures;
  const { minAcu = figures.minAcu, maxAcu = figures.maxAcu, readers = figures.readers } = database;
  return { minAcu, maxAcu, readers };
}

/**
 * Task range of a service: the environment's range for this service, its range for all services, or its size's figure.
 */
export function serviceTaskRange(
  { capacity, services }: Pick<Environment, 'capacity' | 'services'>,
  name: string,
): TaskRange {
  const figures: CapacityProfile = capacities[capacity];
  return services.tasksByService[name] ?? services.tasks ?? figures.tasksByService[name] ?? figures.tasks;
}

/** Memory and concurrency of a function: the environment's overrides, otherwise its size's figures. */
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

/**
 * The environment's value, where null means "none"; the size's figure where the environment gives no value.
 */
function settled<T>(own: T | null | undefined, figure: T | undefined): T | undefined {
  return own === undefined ? figure : (own ?? undefined);
}

/** Concurrent instances of the authorizer on an ordinary day. */
export function expectedInstances({
  capacity,
  functions,
}: Pick<Environment, 'capacity' | 'functions'>): number {
  return functions.expectedInstances ?? capacities[capacity].functions.expectedInstances;
}
