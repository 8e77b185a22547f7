import { productionDependencies } from './dependencies.ts';
import { createFunction } from './operator-order.ts';

export const handler = createFunction(await productionDependencies());
