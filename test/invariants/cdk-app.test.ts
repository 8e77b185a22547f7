import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scratchFolder } from '../support/scratch.ts';

const scratch = scratchFolder('app');

/** Runs the CDK app like the CDK command line, with context and output folder in environment variables. */
function app(context: object): Promise<{ code: number; stderr: string }> {
  const env = { ...process.env, CDK_CONTEXT_JSON: JSON.stringify(context), CDK_OUTDIR: join(scratch, 'out') };
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', 'bin/app.ts'], { env }, (error, _stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stderr });
    });
  });
}

describe('the app', () => {
  test('lists the environments if none is given, without a stack trace', async () => {
    expect(await app({})).toEqual({
      code: 1,
      stderr:
        'The configuration has 1 fault(s):\n' +
        'environment: is missing. Give one with -c env=NAME: local, dev, staging, prod.\n',
    });
  });

  test('reports every fault of an override', async () => {
    const { code, stderr } = await app({ env: 'local', overrides: { region: 'Ireland', colour: 'blue' } });
    expect(code).toBe(1);
    expect(stderr).toContain('The configuration has 2 fault(s):');
    expect(stderr).toContain('environments/local.region: is not valid. Give a region such as eu-west-1.');
    expect(stderr).toContain('environments/local.colour: is not a known key.');
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
