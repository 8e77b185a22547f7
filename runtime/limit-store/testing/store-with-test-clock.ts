import { takeScript } from '../limit-script.ts';
import { decodeReply, encodeCall } from '../limit-script-wire.ts';
import type { LimitStoreReply, LimitStoreRequest } from '../limit-store.ts';
import { inMemoryScriptsWithTestClock, type ScriptsWithTestClock } from './scripts-with-test-clock.ts';

/** A limit store whose clock the test moves, in microseconds since the epoch. */
export interface ClockedLimitStore {
  take(call: LimitStoreRequest, nowMicroseconds: number): Promise<LimitStoreReply>;
  reset(): Promise<void>;
}

/** The limit-store call of `limit-script.ts`, run by these scripts. */
export function clockedLimitStore(engine: ScriptsWithTestClock): ClockedLimitStore {
  return {
    take: async (call, now) => {
      const reply = await engine.run(takeScript, encodeCall(call), now);
      const answer = decodeReply(reply, call.checks.length);
      if (answer === undefined) throw new Error(`Not a reply of the script: ${JSON.stringify(reply)}`);
      return answer;
    },
    reset: () => engine.reset(),
  };
}

/** A limit store in this process. */
export const inMemoryClockedLimitStore = () => clockedLimitStore(inMemoryScriptsWithTestClock());
