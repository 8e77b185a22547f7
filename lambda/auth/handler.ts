import { createFunction } from './decision/authorizer-function.ts';
import { productionDependencies } from './dependencies.ts';

export const handler = createFunction(await productionDependencies());
