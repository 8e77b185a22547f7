import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    scratch: string;
  }
}

/** Creates the temporary folder of a test run, and removes it after the run. */
export function setup(project: TestProject): () => void {
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-test-'));
  project.provide('scratch', scratch);
  // A server whose process was just stopped may still write files.
  return () => rmSync(scratch, { recursive: true, force: true, maxRetries: 10 });
}

/** A new folder in the temporary folder of the run. Test files share modules, so they must not remove it. */
export function scratchFolder(prefix: string): string {
  return mkdtempSync(join(inject('scratch'), `${prefix}-`));
}
