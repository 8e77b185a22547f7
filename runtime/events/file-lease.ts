import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The exclusive right to read, held by one process. */
export interface Lease {
  /** Whether this process still holds the lease; check it before any action that only the holder may take. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

const renewMilliseconds = 2_000;
/** Much longer than the renewal interval, so that a busy process keeps its lease. */
const staleMilliseconds = 10_000;
const released = 'released';

/**
 * Takes the lease of a folder, or returns null while a running process holds it.
 * The folder has one file per generation, and the highest generation is the holder's. A file is created by
 * `link`, which succeeds for one of several processes, and the highest is never removed, so a slow process
 * cannot win an old generation. The lease is free when its process has ended, or has not renewed it for 10 s.
 */
export async function acquireLease(folder: string, nowMs: () => number): Promise<Lease | null> {
  await mkdir(folder, { recursive: true });
  const before = await generations(folder);
  const highest = before.at(-1) ?? 0;
  if (highest > 0 && (await isAlive(fileOf(folder, highest), nowMs()))) return null;

  const mine = highest + 1;
  const draft = join(folder, `draft-${randomUUID()}`);
  await writeFile(draft, String(process.pid));
  const isWon = await link(draft, fileOf(folder, mine)).then(
    () => true,
    () => false,
  );
  await unlink(draft);
  const lease = isWon ? holdLease(folder, mine, nowMs) : null;
  if (lease === null || !(await lease.isHeld())) {
    await lease?.release();
    return null;
  }
  for (const old of before) await removeIfExists(fileOf(folder, old));
  return lease;
}

function holdLease(folder: string, generation: number, nowMs: () => number): Lease {
  const file = fileOf(folder, generation);
  const renewal = setInterval(() => {
    const seconds = nowMs() / 1000;
    void utimes(file, seconds, seconds).catch(() => {});
  }, renewMilliseconds);
  renewal.unref();
  return {
    isHeld: async () => (await generations(folder)).at(-1) === generation,
    release: async () => {
      clearInterval(renewal);
      await writeFile(file, released);
      // A process that has taken over has removed the file, and it must not be created again.
      if ((await generations(folder)).at(-1) !== generation) await removeIfExists(file);
    },
  };
}

async function generations(folder: string): Promise<number[]> {
  return (await readdir(folder))
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

async function isAlive(file: string, nowMs: number): Promise<boolean> {
  try {
    const holder = await readFile(file, 'utf8');
    if (holder === released || nowMs - (await stat(file)).mtimeMs > staleMilliseconds) return false;
    process.kill(Number(holder), 0);
    return true;
  } catch (error) {
    // EPERM means that a process of another user runs; a missing file means that a later generation exists.
    return ['EPERM', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}

async function removeIfExists(file: string): Promise<void> {
  await unlink(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

function fileOf(folder: string, generation: number): string {
  return join(folder, String(generation));
}
