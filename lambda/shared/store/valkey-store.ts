import type { CircuitBreaker } from './circuit-breaker.ts';
import { takeScript } from './script.ts';
import type { LimitStore, StoreAnswer, StoreCall, StoreFailure } from './store.ts';
import type { Connection } from './valkey-connection.ts';
import { decodeReply, encodeCall, type ScriptCall } from './wire.ts';
import { LateError, withinBudget } from './within-budget.ts';

export interface ValkeyStorePorts {
  /** Connects, and says once when the connection is lost. */
  readonly open: (onEnd: () => void) => Promise<Connection>;
  readonly breaker: CircuitBreaker;
  /** Milliseconds, of a clock that does not step back. */
  readonly now: () => number;
  /** For everything that one call does at the store, connecting included. */
  readonly budgetMilliseconds: number;
  /** Told of each failure but those that the open breaker spares. */
  readonly onFailure: (because: string) => void;
}

/** The shared store: one script call on one connection that is made when first needed and again after it is lost. */
export class ValkeyStore implements LimitStore {
  readonly #ports: ValkeyStorePorts;
  #connection: Promise<Connection> | undefined;

  constructor(ports: ValkeyStorePorts) {
    this.#ports = ports;
  }

  /** Connects ahead of the first call. Resolves when connected, or when the budget is spent; never rejects. */
  async warm(budgetMilliseconds: number): Promise<void> {
    await withinBudget(this.#connect(), budgetMilliseconds).catch(() => undefined);
  }

  async take(call: StoreCall): Promise<StoreAnswer | StoreFailure> {
    const { breaker, now, budgetMilliseconds, onFailure } = this.#ports;
    if (!breaker.admits(now())) return { kind: 'failed', because: 'circuit-open' };
    try {
      const reply = await withinBudget(this.#run(encodeCall(call)), budgetMilliseconds);
      const answer = decodeReply(reply, call.checks.length);
      if (answer === undefined) throw new Error('The reply is not of this script.');
      breaker.succeeded();
      return answer;
    } catch (error) {
      breaker.failed(now());
      // A connection that has failed so often is not worth the next probe.
      if (breaker.isOpen) this.close();
      const because = error instanceof Error ? error.message : String(error);
      onFailure(because);
      return { kind: 'failed', because, timedOut: error instanceof LateError };
    }
  }

  close(): void {
    void this.#connection?.then((connection) => connection.close()).catch(() => undefined);
    this.#connection = undefined;
  }

  async #run({ keys, args }: ScriptCall): Promise<unknown> {
    const connection = await this.#connect();
    try {
      return await connection.evalsha(takeScript.sha1, keys, args);
    } catch (error) {
      // The store has not seen the script, or was restarted since.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return connection.eval(takeScript.source, keys, args);
    }
  }

  #connect(): Promise<Connection> {
    if (this.#connection !== undefined) return this.#connection;
    const forget = () => {
      if (this.#connection === attempt) this.#connection = undefined;
    };
    const attempt = this.#ports.open(forget);
    this.#connection = attempt;
    attempt.catch(forget);
    return attempt;
  }
}
