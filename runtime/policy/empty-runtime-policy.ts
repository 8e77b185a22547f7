import type { RuntimePolicy } from './runtime-policy.ts';

/** The runtime policy before an operator deploys a document: everything is as in the catalogue. */
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
