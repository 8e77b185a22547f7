import { spawnSync } from 'node:child_process';
import { createContext, runInContext } from 'node:vm';
import type { ViewerRequest, ViewerResponse } from '../../lib/features/edge/viewer-request/viewer-request.ts';

/** A viewer's request, and the entries of the function's key-value store. */
export interface EdgeCall {
  readonly uri: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly stored?: Readonly<Record<string, unknown>>;
  readonly ip?: string;
}

export type EdgeResult = ViewerRequest | ViewerResponse;

/** Runs a function's code once per call. Results are in the order of the calls. */
export type EdgeEngine = (code: string, calls: readonly EdgeCall[]) => EdgeResult[];

/** The only module of the runtime. */
export const keyValueStoreImport = 'import cf from "cloudfront";';

/** Globals that are newer than the runtime's library, ECMAScript 2021. */
const withoutNewBuiltins = 'delete Object.hasOwn; delete Array.prototype.at; delete String.prototype.at;';

/** Input of the script for one call: the event, and the store's values as text. */
function scriptCase({ uri, method = 'GET', headers = {}, stored = {}, ip = '198.51.100.7' }: EdgeCall) {
  const event = {
    version: '1.0',
    context: { eventType: 'viewer-request' },
    viewer: { ip },
    request: {
      method,
      uri,
      querystring: { q: { value: 'a%20b' } },
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, { value }])),
      cookies: { session: { value: 'abc' } },
    },
  };
  const values = Object.entries(stored).map(([key, value]) => [key, JSON.stringify(value)] as const);
  return { event, values: Object.fromEntries(values) };
}

/** Calls the handler for one case after the other. It is ECMAScript 5.1 with promises, which every engine runs. */
function script(code: string, calls: readonly EdgeCall[], print: string): string {
  return `
    var values = {};
    var cf = { kvs: function () { return { get: function (key) {
      return key in values ? Promise.resolve(values[key]) : Promise.reject(new Error('KeyNotFound'));
    } }; } };
    ${code.replace(keyValueStoreImport, '')}
    var cases = ${JSON.stringify(calls.map(scriptCase))};
    function next(index) {
      if (index === cases.length) return;
      values = cases[index].values;
      handler(cases[index].event).then(
        function (given) { ${print}(JSON.stringify(given)); next(index + 1); },
        function (error) { ${print}(JSON.stringify({ failure: String(error) })); next(index + 1); });
    }
    next(0);`;
}

const parsed = (lines: readonly string[], calls: readonly EdgeCall[]): EdgeResult[] => {
  if (lines.length !== calls.length) throw new Error(`${lines.length} results for ${calls.length} calls.`);
  return lines.map((line) => JSON.parse(line));
};

/** V8 without the objects of Node.js. */
export const nodeEngine: EdgeEngine = (code, calls) => {
  const lines: string[] = [];
  // Promises settle before `runInContext` returns.
  const world = createContext(
    { print: (line: string) => lines.push(line) },
    { microtaskMode: 'afterEvaluate' },
  );
  runInContext(`${withoutNewBuiltins}\n${script(code, calls, 'print')}`, world);
  return parsed(lines, calls);
};

/** NGINX's njs, on which CloudFront's runtime is based. */
export const njsEngine: EdgeEngine = (code, calls) => {
  const { status, signal, stdout, stderr } = spawnSync('njs', ['-'], {
    input: script(code, calls, 'console.log'),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`njs ended with ${status ?? signal}: ${stderr}${stdout.slice(0, 500)}`);
  return parsed(stdout.trimEnd().split('\n'), calls);
};

/** The version of njs; undefined if njs is not installed. */
export function njsVersion(): string | undefined {
  const { status, stdout } = spawnSync('njs', ['-v'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
