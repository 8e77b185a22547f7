import { productionDependencies } from './dependencies.ts';
import { createSync } from './sync.ts';

export const handler = createSync(productionDependencies());
