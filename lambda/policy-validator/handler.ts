import { productionNames } from './dependencies.ts';
import { createValidator } from './validator.ts';

export const handler = createValidator(productionNames());
