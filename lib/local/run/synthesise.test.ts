import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createProcessGroup, type ProcessGroup } from './processes/process-group.ts';
import { synthesise } from './synthesise.ts';

let projectFolder: string;
let processes: ProcessGroup;
beforeEach(() => {
  projectFolder = mkdtempSync(join(tmpdir(), 'project-'));
  processes = createProcessGroup();
  writeFileSync(join(projectFolder, 'cdk.json'), JSON.stringify({ context: { '@flag': true } }));
  mkdirSync(join(projectFolder, 'bin'));
  const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url));
  symlinkSync(modules, join(projectFolder, 'node_modules'));
});
afterEach(async () => {
  await processes.close();
  rmSync(projectFolder, { recursive: true });
});

/** Synthesises a project with this application. */
async function synthesisOf(app: string): Promise<void> {
  writeFileSync(join(projectFolder, 'bin', 'app.ts'), app);
  await synthesise({
    processes,
    projectFolder,
    outputFolder: join(projectFolder, 'out'),
    overrides: { region: 'eu-west-2' },
    environment: { HOME: '/home', NOBODY: undefined },
  });
}

test('the application receives its context and the output folder', async () => {
  await synthesisOf(`
    import { mkdirSync, writeFileSync } from 'node:fs';
    const { CDK_OUTDIR: out, CDK_CONTEXT_JSON: context, HOME: home } = process.env;
    mkdirSync(out!);
    writeFileSync(out + '/seen.json', JSON.stringify({ home, context: JSON.parse(context!) }));`);
  expect(JSON.parse(readFileSync(join(projectFolder, 'out', 'seen.json'), 'utf8'))).toEqual({
    home: '/home',
    context: { '@flag': true, env: 'local', overrides: { region: 'eu-west-2' } },
  });
});

test('the error contains the output of a failed application', async () => {
  await expect(
    synthesisOf(
      `console.error('The configuration has 1 fault(s):\\nroutes["x"]: no.'); process.exitCode = 1;`,
    ),
  ).rejects.toThrow(/^The configuration has 1 fault\(s\):\nroutes\["x"\]: no\.$/);
});

test('the error describes the exit of an application without output', async () => {
  await expect(synthesisOf('process.exit(4)')).rejects.toThrow(
    'The CDK application ended with exit code 4 without any output.',
  );
});
