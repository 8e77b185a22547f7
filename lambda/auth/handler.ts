import { createFunction } from './create-function.ts';
import { productionDependencies } from './dependencies.ts';

export const handler = createFunction(await productionDependencies());
