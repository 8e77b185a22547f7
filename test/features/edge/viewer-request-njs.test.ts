import { describe, expect, test } from 'vitest';
import { njsEngine, njsVersion } from '../../support/edge-function-engines.ts';
import { testEdgeFunctions } from '../../support/edge-function-suite.ts';

const version = njsVersion();
/** Says in the suite's name why it is skipped. */
const note = version === undefined ? ' (skipped: the Debian package njs is not installed)' : ` ${version}`;

describe.skipIf(version === undefined)(`viewer-request functions in njs${note}`, () => {
  testEdgeFunctions(njsEngine);

  test('an await inside an argument fails in the engine, as on CloudFront', () => {
    const code = `
      async function read(store) { return JSON.parse(await store.get("kill")); }
      async function handler(event) { return read(cf.kvs()) || event.request; }`;
    expect(() => njsEngine(code, [{ uri: '/', stored: { kill: [] } }])).toThrow('njs ended with');
  });
});

test.runIf(process.env['NJS_REQUIRED'] === '1')(
  'njs is installed where this suite must not be skipped',
  () => {
    expect(version).toBeDefined();
  },
);
