import { takeScript } from './limit-script.ts';
import { decodeReply, encodeCall } from './limit-script-wire.ts';
import type { LimitStore, LimitStoreFailure, LimitStoreReply, LimitStoreRequest } from './limit-store.ts';
import { ScriptRunner, type ScriptRunnerPorts } from './script-runner.ts';

/** The shared limit store: one script call for each decision. */
export class ValkeyLimitStore implements LimitStore {
  readonly #runner: ScriptRunner;

  constructor(ports: ScriptRunnerPorts) {
    this.#runner = new ScriptRunner(ports);
  }

  /**
   * Connects ahead of the first call. Resolves when connected, or when the budget is spent; never rejects.
   */
  warm(budgetMilliseconds: number): Promise<void> {
    return this.#runner.warm(budgetMilliseconds);
  }

  async take(call: LimitStoreRequest): Promise<LimitStoreReply | LimitStoreFailure> {
    const outcome = await this.#runner.run(takeScript, encodeCall(call), (reply) =>
      decodeReply(reply, call.checks.length),
    );
    return outcome.kind === 'ran' ? outcome.reply : outcome;
  }

  close(): void {
    this.#runner.close();
  }
}
