import { createBusinessEvents } from './business-events.ts';
import { productionDependencies } from './dependencies.ts';

export const handler = createBusinessEvents(productionDependencies());
