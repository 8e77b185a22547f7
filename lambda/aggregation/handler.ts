import { createAggregator } from './aggregator.ts';
import { productionDependencies } from './dependencies.ts';

const aggregate = createAggregator(await productionDependencies());

/** Drops Lambda's second argument, which the aggregator does not use. */
export const handler = (event: unknown) => aggregate(event);
