import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The right to be the one who reads. */
export interface Lease {
  /** Whether nobody has taken over; asked before what only the holder may do. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

const renewMilliseconds = 2_000;
/** Much longer than a renewal, so that a busy process keeps its lease. */
const staleMilliseconds = 10_000;
const released = 'released';

/**
 * Takes the lease that a folder stands for, or null while a living process holds it.
 *
 * The folder has one file per generation, and the highest is the holder's. A file is made by `link`, which one of
 * several processes wins, and the highest is never removed, so a process that was slow to look cannot win an old one.
 * The lease of a process that is gone, or has not renewed it for 10 s, is free.
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
  for (const old of before) await removeIfThere(fileOf(folder, old));
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
      // Whoever has taken over in the meantime has removed the file, and it must not come back.
      if ((await generations(folder)).at(-1) !== generation) await removeIfThere(file);
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
    // A process of another user is alive, too; a file that is gone has made room for a later one.
    return ['EPERM', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}

async function removeIfThere(file: string): Promise<void> {
  await unlink(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

function fileOf(folder: string, generation: number): string {
  return join(folder, String(generation));
}
