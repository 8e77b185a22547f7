import { productionDependencies } from './dependencies.ts';
import { createFunction } from './operator-request.ts';

export const handler = createFunction(await productionDependencies());
