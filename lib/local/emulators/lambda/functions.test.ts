import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Assembly, Resource } from '../../engine/assembly.ts';
import { createProcessGroup, type ProcessGroup } from '../../run/processes/process-group.ts';
import { createFunctions, type Functions } from './functions.ts';

let folder: string;
let processes: ProcessGroup;
let notices: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'functions-'));
  processes = createProcessGroup();
  notices = [];
});
afterEach(async () => {
  await processes.close();
  rmSync(folder, { recursive: true });
});

/** A function `Fn` with this source, which API Gateway invokes through its alias. */
function functionsOf(source: string, more: Readonly<Record<string, unknown>> = {}): Functions {
  writeFileSync(join(folder, 'index.mjs'), source);
  const resource = (logicalId: string, type: string, properties: Resource['properties']): Resource => {
    return { id: `Api.${logicalId}`, logicalId, stack: 'Api', type, properties };
  };
  const fn = resource('Fn', 'AWS::Lambda::Function', {
    Code: { S3Bucket: 'assets', S3Key: 'abc.zip' },
    Handler: 'index.handler',
    Runtime: 'nodejs24.x',
    Environment: { Variables: { COLOUR: 'green' } },
    Timeout: 2,
    ...more,
  });
  const permission = resource('Permission', 'AWS::Lambda::Permission', {
    Principal: 'apigateway.amazonaws.com',
    FunctionName: 'Api.FnLive',
  });
  const assembly: Assembly = {
    resources: [fn, permission],
    ofType: (type) => [fn, permission].filter((candidate) => candidate.type === type),
    byReference: (reference) => (reference.includes('Api.Fn') ? fn : undefined),
    assetFolder: () => folder,
    unemulatedServices: () => [],
  };
  return createFunctions(
    assembly,
    { region: 'eu-west-1', variables: { OF_THIS_RUN: 'yes' } },
    {
      processes,
      onLine: () => {},
      notice: (text) => notices.push(text),
      now: Date.now,
      newRequestId: () => '00000000-0000-4000-8000-000000000000',
    },
  );
}

test('invokes a function by any reference, with the settings of the template and of the run', async () => {
  const functions = functionsOf(`
    export const handler = async (event, context) => [
      event, process.env.COLOUR, process.env.OF_THIS_RUN, context.memoryLimitInMB, context.getRemainingTimeInMillis() <= 2_000,
    ];`);
  await functions.warm();
  expect(notices).toEqual([]);
  expect(await functions.invoke('arn:aws:apigateway:x:path/functions/Api.FnLive/invocations', 7)).toEqual({
    ok: true,
    payload: [7, 'green', 'yes', '128', true],
  });
});

test('an unknown reference is an error', async () => {
  expect(await functionsOf('').invoke('Api.Other', {})).toEqual({
    ok: false,
    error: 'ResourceNotFoundException: Function not found: Api.Other',
  });
});

test('reports a reachable function that does not start', async () => {
  await functionsOf(`throw new Error('no policy');`).warm();
  expect(notices).toEqual(['Function Fn does not start: Error: no policy']);
});

test.each([
  [{ Layers: ['x'] }, 'Api.Fn AWS::Lambda::Function.Layers: is not emulated.'],
  [{ Runtime: 'python3.13' }, 'Api.Fn AWS::Lambda::Function.Runtime: is not emulated, only nodejs….'],
])('refuses %j and names the property', (more, message) => {
  expect(() => functionsOf('', more)).toThrow(message);
});
