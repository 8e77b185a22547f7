import { productionDependencies } from './dependencies.ts';
import { createFunction } from './explain.ts';

export const handler = createFunction(await productionDependencies());
