import type { Exit, RunningProcess } from './process-group.ts';

/** A process that restarts whenever it ends without a stop. */
export interface SupervisedProcess {
  /** Stops the process. */
  stop(): Promise<void>;
  /** Starts the process again after `stop`; no effect while it runs. */
  start(): void;
}

export interface SupervisionHooks {
  /** Starts the process. */
  readonly begin: () => Promise<RunningProcess>;
  /** Called after an unexpected exit, with the delay until the restart in milliseconds. */
  readonly onCrash: (exit: Exit, restartMilliseconds: number) => void;
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
}

const firstDelayMilliseconds = 500;
const longestDelayMilliseconds = 30_000;
/** After a process ran this long, the next crash has the shortest delay again. */
const soundLifeMilliseconds = 30_000;

/** The delay grows with each consecutive crash, as in an ECS service whose tasks keep failing. */
export function restartDelayMilliseconds(crashesInARow: number): number {
  return Math.min(longestDelayMilliseconds, firstDelayMilliseconds * 2 ** Math.max(0, crashesInARow - 1));
}

/** Starts a process and restarts it after each crash. */
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
