import { type Context, createContext, Script } from 'node:vm';
import type { RequestObject, ResponseObject, ViewerEvent } from './viewer-event.ts';

/** The result of a CloudFront Function. */
export type FunctionResult =
  | { readonly ok: true; readonly value: RequestObject | ResponseObject }
  | { readonly ok: false; readonly error: string };

export type ViewerFunction = (event: ViewerEvent) => FunctionResult;

/**
 * CloudFront allows about a millisecond. This limit is far higher, so that a busy machine does not end a function; an
 * endless loop still ends.
 */
const timeoutMs = 2_000;

/** The global objects of a function. */
interface Sandbox extends Context {
  readonly console: { readonly log: (...values: unknown[]) => void };
  readonly keyValue: (key: string) => string | undefined;
  input: string;
  output?: string;
  failure?: string;
}

/** Calls `handler` with the event; the promise of an async handler settles before the script ends. */
const callScript = new Script(`
  output = undefined;
  failure = undefined;
  (() => {
    const fail = (error) => { failure = String((error && error.stack) || error); };
    const settle = (value) => { output = JSON.stringify(value); };
    try {
      const result = handler(JSON.parse(input));
      if (result && typeof result.then === 'function') result.then(settle, fail);
      else settle(result);
    } catch (error) {
      fail(error);
    }
  })();
`);

/** The `cloudfront` module of the runtime: it reads the key-value store of the function. */
const cloudfrontModule = `
  const cf = { kvs: () => ({
    get: async (key, options) => {
      const value = keyValue(key);
      if (value === undefined) throw new Error('KeyNotFound');
      return options && options.format === 'json' ? JSON.parse(value) : value;
    },
    exists: async (key) => keyValue(key) !== undefined,
  }) };
`;
const importStatement = /^import cf from ["']cloudfront["'];?$/m;

/**
 * Loads the code of a CloudFront Function into a separate context with the JavaScript language and the few globals
 * that the CloudFront runtime has; nothing of Node.js.
 *
 * @param log receives what the function writes to its console.
 * @param keyValue reads the key-value store that the function is associated with.
 * @throws {Error} when the code does not load, as CloudFront would refuse it.
 */
export function loadViewerFunction(
  code: string,
  log: (text: string) => void,
  keyValue: (key: string) => string | undefined = () => undefined,
): ViewerFunction {
  const sandbox: Sandbox = {
    console: { log: (...values: unknown[]) => log(values.map(String).join(' ')) },
    keyValue,
    atob,
    btoa,
    input: '',
  };
  const context = createContext(sandbox, { microtaskMode: 'afterEvaluate' });
  new Script(
    `${code.replace(importStatement, cloudfrontModule)}\n;if (typeof handler !== 'function') throw new Error('The code does not declare a handler function.');`,
  ).runInContext(context, { timeout: timeoutMs });
  return (event) => {
    sandbox.input = JSON.stringify(event);
    try {
      callScript.runInContext(context, { timeout: timeoutMs });
    } catch (error) {
      return { ok: false, error: error instanceof Error ? error.message : String(error) };
    }
    const { output, failure } = sandbox;
    if (failure !== undefined) return { ok: false, error: failure };
    const value: unknown = typeof output === 'string' ? JSON.parse(output) : undefined;
    return typeof value === 'object' && value !== null
      ? { ok: true, value: value as RequestObject | ResponseObject }
      : { ok: false, error: 'The function returned neither a request nor a response.' };
  };
}
