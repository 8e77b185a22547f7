import type { Deployment, Resource } from '../../engine/assembly.ts';
import { readResources } from '../../engine/resource-type.ts';
import type { UnsupportedFeatures } from '../../engine/unsupported.ts';
import { functionType, keyValueStoreType } from './cloudfront-resources.ts';
import { loadViewerFunction, type ViewerFunction } from './viewer-function.ts';

export interface ViewerFunctionPorts {
  /** Receives what a function writes to its console. */
  readonly notice: (text: string) => void;
  /** A value of a key-value store. @default - every store is empty */
  readonly keyValue?: ((storeId: string, key: string) => string | undefined) | undefined;
}

/** Loads the CloudFront Functions of the deployment, by id. */
export function readViewerFunctions(
  deployment: Deployment,
  { notice, keyValue = () => undefined }: ViewerFunctionPorts,
  findings: UnsupportedFeatures,
): ReadonlyMap<string, ViewerFunction> {
  const log = (resource: Resource) => (text: string) => notice(`${resource.logicalId}: ${text}`);
  const stores = new Set(
    readResources(deployment, keyValueStoreType, findings).map(({ resource }) => resource.id),
  );
  return new Map(
    readResources(deployment, functionType, findings).flatMap(({ resource, properties }) => {
      const [association] = properties.FunctionConfig.KeyValueStoreAssociations ?? [];
      const store = deployment.byReference(association?.KeyValueStoreARN ?? '')?.id ?? '';
      if (association !== undefined && !stores.has(store)) {
        findings.add(
          resource,
          'FunctionConfig.KeyValueStoreAssociations',
          'does not name a key-value store of this deployment.',
        );
      }
      const read = (key: string) => keyValue(store, key);
      try {
        return [[resource.id, loadViewerFunction(properties.FunctionCode, log(resource), read)] as const];
      } catch (error) {
        findings.add(resource, 'FunctionCode', error instanceof Error ? error.message : String(error));
        return [];
      }
    }),
  );
}
