import { z } from 'zod';
import type { Assembly } from '../../engine/assembly.ts';
import { nested, number, readResources, resourceType } from '../../engine/resource-type.ts';
import { UnsupportedFeatures } from '../../engine/unsupported.ts';
import type { FunctionSpec } from './sandbox.ts';

const functionType = resourceType({
  type: 'AWS::Lambda::Function',
  emulated: {
    Code: nested({ S3Bucket: z.string(), S3Key: z.string() }),
    Handler: z.string(),
    Runtime: z.string().startsWith('nodejs', 'is not emulated, only nodejs….'),
    Environment: nested({ Variables: z.record(z.string(), z.string()).default({}) }).optional(),
    // The defaults of CreateFunction in the API reference.
    MemorySize: number.default(128),
    Timeout: number.default(3),
  },
  ignored: {
    Architectures: 'the local run uses the architecture of this machine',
    Description: 'descriptive text has no effect locally',
    LoggingConfig: 'log lines go to the terminal',
    ReservedConcurrentExecutions: 'the local run starts a few processes per function',
    Role: 'the local run does not enforce permissions',
    Tags: 'tags have no effect locally',
    TracingConfig: 'the local run records no traces',
    VpcConfig: 'the local run uses the loopback network',
  },
});

/**
 * Reads the functions of the templates.
 *
 * @param runtime the region, and variables that are not in the template, such as addresses of this run.
 * @throws {UnsupportedError} when a function uses a property that is not emulated.
 */
export function readFunctionSpecs(
  assembly: Assembly,
  dependencies: { readonly region: string; readonly variables: Readonly<Record<string, string>> },
): readonly FunctionSpec[] {
  const findings = new UnsupportedFeatures();
  const functions = readResources(assembly, functionType, findings);
  findings.throwIfAny();
  return functions.map(({ resource, properties }) => ({
    id: resource.id,
    name: resource.logicalId,
    handler: properties.Handler,
    codeFolder: assembly.assetFolder(properties.Code.S3Key),
    environment: { ...properties.Environment?.Variables, ...dependencies.variables },
    timeoutSeconds: properties.Timeout,
    memoryMiB: properties.MemorySize,
    region: dependencies.region,
  }));
}

/** The ids of the functions that API Gateway may invoke: requests can reach them. */
export function functionsInvokedByApi(assembly: Assembly): ReadonlySet<string> {
  return new Set(
    assembly
      .ofType('AWS::Lambda::Permission')
      .filter(({ properties }) => properties['Principal'] === 'apigateway.amazonaws.com')
      .flatMap(({ properties }) => assembly.byReference(String(properties['FunctionName']))?.id ?? []),
  );
}
