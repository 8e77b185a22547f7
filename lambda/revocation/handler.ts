import { productionDependencies } from './dependencies.ts';
import { createRevocation } from './revocation.ts';

export const handler = createRevocation(productionDependencies());
