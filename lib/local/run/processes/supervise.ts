import type { Exit, RunningProcess } from './process-group.ts';

/** A process that is started again whenever it ends by itself. */
export interface SupervisedProcess {
  /** Ends it and leaves it ended. */
  stop(): Promise<void>;
  /** Starts it again after `stop`; nothing happens while it runs. */
  start(): void;
}

export interface SupervisionHooks {
  /** Begins one life of the process. */
  readonly begin: () => Promise<RunningProcess>;
  /** One life is over that nobody asked to end; the next one begins after these milliseconds. */
  readonly onCrash: (exit: Exit, restartMilliseconds: number) => void;
  /** Milliseconds on a clock that only goes forward. */
  readonly now: () => number;
}

const firstDelayMilliseconds = 500;
const longestDelayMilliseconds = 30_000;
/** A life this long shows that the process can live: the next crash begins with the shortest delay again. */
const soundLifeMilliseconds = 30_000;

/** Waits longer after every crash in a row, as an ECS service does with tasks that keep failing. */
export function restartDelayMilliseconds(crashesInARow: number): number {
  return Math.min(longestDelayMilliseconds, firstDelayMilliseconds * 2 ** Math.max(0, crashesInARow - 1));
}

/** Starts a process and keeps it running. */
export function supervise({ begin, onCrash, now }: SupervisionHooks): SupervisedProcess {
  let current: Promise<RunningProcess> | undefined;
  let restart: NodeJS.Timeout | undefined;
  let wanted = false;
  let crashesInARow = 0;

  const live = (): void => {
    const bornAt = now();
    const life = begin();
    current = life;
    void ended(life).then((exit) => {
      if (current !== life) return;
      current = undefined;
      if (exit.kind === 'not-started' && exit.isOver === true) return;
      crashesInARow = now() - bornAt >= soundLifeMilliseconds ? 1 : crashesInARow + 1;
      const delay = restartDelayMilliseconds(crashesInARow);
      onCrash(exit, delay);
      restart = setTimeout(live, delay);
    });
  };

  const start = (): void => {
    if (wanted) return;
    wanted = true;
    crashesInARow = 0;
    live();
  };
  start();
  return {
    start,
    async stop() {
      wanted = false;
      clearTimeout(restart);
      const life = current;
      current = undefined;
      await (await life)?.stop();
    },
  };
}

async function ended(life: Promise<RunningProcess>): Promise<Exit> {
  return await (await life).exited;
}
