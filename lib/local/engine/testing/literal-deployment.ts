import type { Deployment } from '../assembly.ts';

/** Resources of a template by logical id, for tests. */
export type SampleResources = Readonly<
  Record<string, { readonly type: string; readonly properties: Readonly<Record<string, unknown>> }>
>;

/** A deployment with one stack, `test`, for tests. A string refers to a resource when it contains `test.<LogicalId>`. */
export function sampleDeployment(literals: SampleResources): Deployment {
  const resources = Object.entries(literals).map(([logicalId, { type, properties }]) => ({
    id: `test.${logicalId}`,
    logicalId,
    stack: 'test',
    type,
    properties,
  }));
  return {
    resources,
    ofType: (type) => resources.filter((resource) => resource.type === type),
    byReference: (reference) =>
      resources.find(({ logicalId }) => new RegExp(`\\btest\\.${logicalId}(?![A-Za-z0-9])`).test(reference)),
  };
}
