import { productionDependencies } from './dependencies.ts';
import { createFunction } from './function.ts';

export const handler = createFunction(await productionDependencies());
