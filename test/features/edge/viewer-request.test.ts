import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  maxFunctionBytes,
  versionedResources,
  viewerRequestCode,
} from '../../../lib/features/edge/viewer-request/build.ts';
import { unsupportedSyntax } from '../../../lib/features/edge/viewer-request/unsupported-syntax.ts';
import { keyValueStoreImport, nodeEngine } from '../../support/edge-function-engines.ts';
import { edgeFunctionCode, testEdgeFunctions } from '../../support/edge-function-suite.ts';
import { environmentNames } from '../../support/synth.ts';

const code = edgeFunctionCode('prod');

describe('viewer-request functions in V8', () => {
  testEdgeFunctions(nodeEngine);
});

describe('the viewer-request function', () => {
  test.each(environmentNames)('of %s is within the size limit and the syntax of the runtime', (name) => {
    const emitted = edgeFunctionCode(name);
    expect(Buffer.byteLength(emitted)).toBeLessThanOrEqual(maxFunctionBytes);
    expect(emitted.startsWith(keyValueStoreImport)).toBe(true);
    expect(emitted).toMatch(/^async function handler\(event\) \{/m);
    expect(unsupportedSyntax(emitted)).toEqual([]);
  });

  test('removes every internal header', () => {
    const internal = fc
      .tuple(
        fc.constantFrom('x-gw-', 'x-user-', 'x-client-', 'x-plan'),
        fc.stringMatching(/^[a-z0-9-]{0,12}$/),
      )
      .map((parts) => parts.join(''));
    const header = fc.oneof(internal, fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/));
    const isInternal = (name: string) => /^(x-gw-|x-user-|x-client-|x-plan)/.test(name);
    fc.assert(
      fc.property(fc.dictionary(header, fc.string(), { noNullPrototype: true }), (headers) => {
        const [sent] = nodeEngine(code, [{ uri: '/api/orders', headers }]);
        const kept = Object.keys(headers).filter((name) => !isInternal(name));
        expect(Object.keys(sent?.headers ?? {}).sort()).toEqual(
          [...kept, 'x-gw-target', 'x-gw-viewer-address'].sort(),
        );
        expect(sent?.headers).toMatchObject({
          'x-gw-viewer-address': { value: '198.51.100.7' },
          'x-gw-target': { value: '/api/orders' },
        });
      }),
      { numRuns: 50 },
    );
  });

  test('has no versions if no route has one', () => {
    const unversioned = viewerRequestCode(['/api/products/{id}']);
    const [result] = nodeEngine(unversioned, [{ uri: '/products/p1', headers: { 'x-api-version': '1' } }]);
    expect(result).toMatchObject({ uri: '/products/p1' });
  });

  test('is refused at synth if it exceeds the size limit of CloudFront', () => {
    const paths = Array.from({ length: 600 }, (_, index) => `/v1/a-resource-of-many-${index}/{id}`);
    expect(() => viewerRequestCode(paths)).toThrow(/bytes; CloudFront takes 10240/);
  });
});

describe('the rules of the JavaScript runtime 2.0', () => {
  test.each([
    ['return f(await g());', 'awaits inside an expression'],
    ['return await g();', 'awaits inside an expression'],
    ['if (await g()) h();', 'awaits inside an expression'],
    ['const a = (await g()) || b;', 'awaits inside an expression'],
    ['const a = [await g()];', 'awaits inside an expression'],
    ['const a = await f(await g());', 'awaits twice'],
    ['const f = async () => 1;', 'async closure'],
    ['const f = async function() {};', 'async closure'],
    ['const a = await Promise.all(list);', 'combines or chains promises'],
    ['g().then(h);', 'combines or chains promises'],
    ['class A {}', 'classes'],
    ['for (const a of list) {}', 'for-of'],
    ['const a = b?.c;', 'optional chaining'],
    ['const a = b ?? c;', 'nullish'],
    ['const { a } = b;', 'destructuring'],
    ['const [a] = b;', 'destructuring'],
    ['f(...list);', 'spread'],
    ['const a = { ...b };', 'spread'],
    ['eval("1");', 'evaluates code'],
    ['import a from "b";', 'imports'],
    ['export const a = 1;', 'imports or exports'],
  ])('refuses %s', (line, fault) => {
    expect(unsupportedSyntax(`async function handler(event) {\n  ${line}\n}\n`).join()).toContain(fault);
  });

  test.each([
    'const a = await g();',
    'await g();',
    'const a = b ? c : d;',
    'const text = "f(await g()) ?? {...a}";',
    'const a = b.map((c) => c.d);',
  ])('accepts %s', (line) => {
    expect(unsupportedSyntax(`async function handler(event) {\n  ${line}\n}\n`)).toEqual([]);
  });
});

test('reads versions from the paths, in numeric order', () => {
  expect(
    versionedResources(['/v10/a/{id}', '/v9/a', '/v1/b/c', '/api/v1/d', '/v2/{id}', '/v9/a/{id}']),
  ).toEqual([
    { name: 'a', versions: [9, 10] },
    { name: 'b', versions: [1] },
  ]);
});
