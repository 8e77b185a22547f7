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
    // Defaults of the API reference, CreateFunction.
    MemorySize: number.default(128),
    Timeout: number.default(3),
  },
  ignored: {
    Architectures: "the laptop's own",
    Description: 'words',
    LoggingConfig: 'lines go to the screen',
    ReservedConcurrentExecutions: 'a laptop runs a few processes',
    Role: 'there are no permissions',
    Tags: 'labels',
    TracingConfig: 'nothing is traced',
    VpcConfig: 'a laptop has one network',
  },
});

/**
 * Reads the functions of the templates.
 *
 * @param surroundings region, and variables that the template does not know, such as addresses of this run.
 * @throws {UnsupportedError} that lists everything of them that the local run does not do.
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

/** Ids of the functions that API Gateway may call: those that a request can reach. */
export function functionsInvokedByApi(assembly: Assembly): ReadonlySet<string> {
  return new Set(
    assembly
      .ofType('AWS::Lambda::Permission')
      .filter(({ properties }) => properties['Principal'] === 'apigateway.amazonaws.com')
      .flatMap(({ properties }) => assembly.byReference(String(properties['FunctionName']))?.id ?? []),
  );
}
