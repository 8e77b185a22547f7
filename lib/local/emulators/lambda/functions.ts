import type { Assembly } from '../../engine/assembly.ts';
import { createFunction, type LambdaFunction } from './function.ts';
import { functionsInvokedByApi, readFunctionSpecs } from './function-specs.ts';
import type { InvocationResult } from './runtime-api.ts';
import type { SandboxPorts } from './sandbox.ts';

/** The functions of the templates. */
export interface Functions {
  /** Calls the function that a template names by this string: its id, or a URI that contains it. */
  invoke(reference: string, event: unknown): Promise<InvocationResult>;
  /** Starts a process for each function that a request can reach, and tells of those that cannot start. */
  warm(): Promise<void>;
}

/** Makes the functions of the templates ready to be called; a process starts with the first call that needs it. */
export function createFunctions(
  assembly: Assembly,
  dependencies: Parameters<typeof readFunctionSpecs>[1],
  ports: SandboxPorts & { readonly notice: (text: string) => void },
): Functions {
  const functions = new Map<string, LambdaFunction>(
    readFunctionSpecs(assembly, dependencies).map((spec) => [spec.id, createFunction(spec, ports)]),
  );
  return {
    async invoke(reference, event) {
      const called = functions.get(assembly.byReference(reference)?.id ?? '');
      return called === undefined
        ? { ok: false, error: `ResourceNotFoundException: Function not found: ${reference}` }
        : await called.invoke(event);
    },
    async warm() {
      const called = functionsInvokedByApi(assembly);
      await Promise.all(
        [...functions]
          .filter(([id]) => called.has(id))
          .map(async ([, { name, warm }]) => {
            const fault = await warm();
            if (fault !== undefined) ports.notice(`Function ${name} does not start: ${fault}`);
          }),
      );
    },
  };
}
