import { createAggregator } from './aggregator.ts';
import { productionDependencies } from './dependencies.ts';

const aggregate = createAggregator(await productionDependencies());

/** Lambda's second argument is none of the aggregator's. */
export const handler = (event: unknown) => aggregate(event);
