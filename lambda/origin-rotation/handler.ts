import { productionDependencies } from './dependencies.ts';
import { createRotation } from './rotation.ts';

export const handler = createRotation(productionDependencies());
