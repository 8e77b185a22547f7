import { createTopicsResource } from './custom-resource.ts';
import { processPorts } from './dependencies.ts';

export const handler = createTopicsResource(processPorts());
