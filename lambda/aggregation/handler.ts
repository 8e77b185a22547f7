import { productionDependencies } from './dependencies.ts';
import { createForwarder } from './forward.ts';

export const handler = createForwarder(productionDependencies());
