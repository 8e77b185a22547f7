import { createAuthorizer } from './authorizer.ts';
import { productionDependencies } from './dependencies.ts';

export const handler = createAuthorizer(productionDependencies());
