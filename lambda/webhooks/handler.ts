import { productionDependencies } from './dependencies.ts';
import { createWebhooks } from './webhooks.ts';

export const handler = createWebhooks(await productionDependencies());
