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

/** Makes one folder for all that the tests of a run synthesise, and removes it with them. */
export function setup(project: TestProject): () => void {
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-test-'));
  project.provide('scratch', scratch);
  // What a server leaves may still be written when its process has just been ended.
  return () => rmSync(scratch, { recursive: true, force: true, maxRetries: 10 });
}

/** A new folder under the run's own. Test files share their modules, so no single file may remove it. */
export function scratchFolder(prefix: string): string {
  return mkdtempSync(join(inject('scratch'), `${prefix}-`));
}
