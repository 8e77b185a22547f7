import { productionDependencies } from './dependencies.ts';
import { createMetering } from './metering.ts';

export const handler = createMetering(await productionDependencies());
