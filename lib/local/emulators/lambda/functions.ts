import type { Assembly } from '../../engine/assembly.ts';
import { createFunction, type LambdaFunction } from './function.ts';
import { functionsInvokedByApi, readFunctionSpecs } from './function-specs.ts';
import type { InvocationResult } from './runtime-api.ts';
import type { SandboxPorts } from './sandbox.ts';

/** The functions of the templates. */
export interface Functions {
  /** Invokes a function by a reference of a template: its id, or a URI that contains it. */
  invoke(reference: string, event: unknown): Promise<InvocationResult>;
  /** Starts a process for each function that requests can reach, and reports those that do not start. */
  warm(): Promise<void>;
}

/** Creates the functions of the templates; each starts a process with the first invocation that needs one. */
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
