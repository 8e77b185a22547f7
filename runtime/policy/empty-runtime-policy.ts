import type { RuntimePolicy } from './runtime-policy.ts';

/** What there is until an operator deploys a document: everything as the catalogue has it. */
export const emptyRuntimePolicy: RuntimePolicy = {
  schema: 1,
  version: 'none',
  plans: {},
  clients: {},
  grants: [],
  cohorts: {},
  addresses: { block: [], allow: [] },
  maintenance: null,
  routes: {},
  shadow: [],
};
