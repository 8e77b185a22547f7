import {
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { emptyRuntimePolicy } from '../../../runtime/policy/empty-runtime-policy.ts';
import {
  describeFaults,
  type RuntimePolicy,
  readRuntimePolicy,
} from '../../../runtime/policy/runtime-policy.ts';
import { readFileIfExists } from '../../common/read-file-if-exists.ts';
import { OpsError } from '../commands/ops-error.ts';
import type { PolicyStore } from './policy-store.ts';

/**
 * The runtime policy of a local run: the file that its authorizer watches, and a folder `history` with every revision.
 * Of two concurrent changes only one can create the file of the next revision, so none is lost. The watched file is a
 * copy of the latest revision. The next command stores a file that was edited by hand as a revision.
 */
export function createFilePolicyStore(file: string): PolicyStore {
  const folder = join(dirname(file), 'history');
  const revisionFile = (revision: number) => join(folder, `${String(revision).padStart(6, '0')}.json`);

  const revisions = (): number[] => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return readdirSync(folder)
      .flatMap((name) => (/^\d{6}\.json$/.test(name) ? [Number(name.slice(0, 6))] : []))
      .sort((one, other) => other - one);
  };

  /** Creates the file of a revision; false if it exists. */
  const keep = (revision: number, text: string): boolean => {
    const temporary = `${revisionFile(revision)}.${process.pid}.${performance.now()}`;
    writeFileSync(temporary, text, { mode: 0o600 });
    try {
      linkSync(temporary, revisionFile(revision));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      rmSync(temporary);
    }
  };

  /** Copies the latest revision to the watched file, including one that another process creates meanwhile. */
  const publish = (): void => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    for (let [latest] = revisions(), published = 0; latest !== undefined && latest !== published; ) {
      const temporary = `${file}.${process.pid}.${performance.now()}`;
      copyFileSync(revisionFile(latest), temporary);
      renameSync(temporary, file);
      published = latest;
      [latest] = revisions();
    }
  };

  const isKept = (text: string): boolean =>
    revisions().some((revision) => readFileSync(revisionFile(revision), 'utf8') === text);

  const read = (revision: number): RuntimePolicy | undefined => {
    const text = readFileIfExists(revisionFile(revision));
    return text === undefined ? undefined : parse(text, revisionFile(revision));
  };

  return {
    current() {
      const byHand = readFileIfExists(file);
      if (byHand !== undefined && !isKept(byHand)) {
        const policy = parse(byHand, file);
        // A run begins with the empty policy, which no operator has stored.
        const isUntouched = revisions().length === 0 && isDeepStrictEqual(policy, emptyRuntimePolicy);
        if (!isUntouched) keep((revisions()[0] ?? 0) + 1, byHand);
      }
      const [latest = 0] = revisions();
      return Promise.resolve({ revision: latest, policy: read(latest) ?? emptyRuntimePolicy });
    },
    revisions: (limit) =>
      Promise.resolve(
        revisions()
          .slice(0, limit)
          .map((revision) => ({ revision, version: read(revision)?.version ?? '-' })),
      ),
    read: (revision) => Promise.resolve(read(revision)),
    replace(policy, revision) {
      const text = `${JSON.stringify(policy, null, 2)}\n`;
      const [latest = 0] = revisions();
      if (latest !== revision || !keep(revision + 1, text)) return Promise.resolve('conflict');
      publish();
      return Promise.resolve('stored');
    },
    effect: () => 'within 2 seconds',
  };
}

function parse(text: string, file: string): RuntimePolicy {
  const read = readRuntimePolicy(text);
  if (read.kind === 'valid') return read.policy;
  throw new OpsError(
    `${file} is not a valid runtime policy, so the authorizer ignores it:\n${describeFaults(read.faults)}`,
    'Correct the file, or remove it to return to the latest stored revision.',
  );
}
