import { productionDependencies } from './dependencies.ts';
import { createDrain } from './drain.ts';

export const handler = createDrain(await productionDependencies());
