import { createTopicsResource } from './custom-resource.ts';
import { productionTopicsPorts } from './dependencies.ts';

export const handler = createTopicsResource(productionTopicsPorts());
