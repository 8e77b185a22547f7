import { takeScript } from '../limit-script.ts';
import { decodeReply, encodeCall } from '../limit-script-wire.ts';
import type { LimitStoreReply, LimitStoreRequest } from '../limit-store.ts';
import { inMemoryScriptsWithTestClock, type ScriptsWithTestClock } from './scripts-with-test-clock.ts';

/** A store whose clock the test moves, in microseconds since the epoch. */
export interface ClockedLimitStore {
  take(call: LimitStoreRequest, nowMicroseconds: number): Promise<LimitStoreReply>;
  reset(): Promise<void>;
}

/** The store call of `script.ts`, by these twins. */
export function clockedLimitStore(twins: ScriptsWithTestClock): ClockedLimitStore {
  return {
    take: async (call, now) => {
      const reply = await twins.run(takeScript, encodeCall(call), now);
      const answer = decodeReply(reply, call.checks.length);
      if (answer === undefined) throw new Error(`Not a reply of the script: ${JSON.stringify(reply)}`);
      return answer;
    },
    reset: () => twins.reset(),
  };
}

/** One in this process. */
export const inMemoryClockedLimitStore = () => clockedLimitStore(inMemoryScriptsWithTestClock());
