import { DeadlineExceededError, withDeadline } from '../concurrency/deadline.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { Connection } from './valkey-connection.ts';

/** A script's text for `EVAL`, and its digest for `EVALSHA`. */
export interface Script {
  readonly source: string;
  readonly sha1: string;
}

/** Keys of one slot, and arguments in text. */
export interface ScriptCall {
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

export interface ScriptRunnerPorts {
  /** Connects, and calls back once when the connection is lost. */
  readonly open: (onEnd: () => void) => Promise<Connection>;
  /**
   * The breaker of a limit store with one server; each shard of a cluster gets another one with its settings.
   */
  readonly breaker: CircuitBreaker;
  /** Milliseconds, of a clock that does not step back. */
  readonly now: () => number;
  /** Time for one limit-store call, including connecting. */
  readonly budgetMilliseconds: number;
  /** Called with each failure, except calls that the open breaker rejects. */
  readonly onFailure: (reason: string) => void;
}

export interface ScriptFailure {
  readonly kind: 'failed';
  /** For the log: `circuit-open`, or the error's message. */
  readonly reason: string;
  /** Whether the call exceeded its time budget. */
  readonly timedOut?: boolean;
}

export type ScriptOutcome<Reply> = { readonly kind: 'ran'; readonly reply: Reply } | ScriptFailure;

/** Runs scripts at the limit store or in memory. Never rejects: an unavailable limit store is a result. */
export interface Scripts {
  /** @param decode Returns undefined for a malformed reply, which counts as a failure of the limit store. */
  run<Reply>(
    script: Script,
    call: ScriptCall,
    decode: (reply: unknown) => Reply | undefined,
  ): Promise<ScriptOutcome<Reply>>;
}

/**
 * Scripts at the shared limit store, on one connection that is made when first needed and again after it is
 * lost.
 */
export class ScriptRunner implements Scripts {
  readonly #ports: ScriptRunnerPorts;
  readonly #shards = new Map<string, CircuitBreaker>();
  #connection: Promise<Connection> | undefined;
  /** The open connection. */
  #open: Connection | undefined;
  #isRenewing = false;

  constructor(ports: ScriptRunnerPorts) {
    this.#ports = ports;
  }

  /**
   * Connects ahead of the first call. Resolves when connected, or when the budget is spent; never rejects.
   */
  async warm(budgetMilliseconds: number): Promise<void> {
    await withDeadline(budgetMilliseconds, () => this.#connect()).catch(() => undefined);
  }

  async run<Reply>(
    script: Script,
    call: ScriptCall,
    decode: (reply: unknown) => Reply | undefined,
  ): Promise<ScriptOutcome<Reply>> {
    const { now, budgetMilliseconds, onFailure } = this.#ports;
    const breaker = this.#breakerOf(call);
    if (!breaker.admits(now())) return { kind: 'failed', reason: 'circuit-open' };
    try {
      const reply = decode(await withDeadline(budgetMilliseconds, () => this.#send(script, call)));
      if (reply === undefined) throw new Error('The reply is not of this script.');
      breaker.recordSuccess();
      return { kind: 'ran', reply };
    } catch (error) {
      breaker.recordFailure(now());
      // A connection that failed so often is replaced before the next probe.
      if (breaker.isOpen && breaker === this.#ports.breaker) this.close();
      else if (breaker.isOpen) this.#renew();
      const reason = error instanceof Error ? error.message : String(error);
      onFailure(reason);
      return { kind: 'failed', reason, timedOut: error instanceof DeadlineExceededError };
    }
  }

  close(): void {
    void this.#connection?.then((connection) => connection.close()).catch(() => undefined);
    this.#connection = undefined;
    this.#open = undefined;
  }

  /** The breaker of an unavailable shard rejects only its own callers. */
  #breakerOf({ keys: [key = ''] }: ScriptCall): CircuitBreaker {
    const shard = this.#open?.shardOf?.(key) ?? '';
    if (shard === '') return this.#ports.breaker;
    const breaker = this.#shards.get(shard) ?? this.#ports.breaker.withSameSettings();
    this.#shards.set(shard, breaker);
    return breaker;
  }

  /**
   * Replaces a connection to a cluster once the new one is open, which also learns the current slots of each
   * shard; until then the other shards use the old one.
   */
  #renew(): void {
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    const before = this.#connection;
    const attempt = this.#attempt();
    void attempt
      .then((connection) => {
        if (this.#connection === before) {
          this.close();
          this.#connection = attempt;
          this.#open = connection;
        } else {
          connection.close();
        }
      })
      .catch(() => undefined)
      .finally(() => {
        this.#isRenewing = false;
      });
  }

  async #send({ sha1, source }: Script, { keys, args }: ScriptCall): Promise<unknown> {
    const connection = await this.#connect();
    try {
      return await connection.evalsha(sha1, keys, args);
    } catch (error) {
      // The limit store has not loaded the script, or has restarted since.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return connection.eval(source, keys, args);
    }
  }

  #connect(): Promise<Connection> {
    if (this.#connection !== undefined) return this.#connection;
    const attempt = this.#attempt();
    this.#connection = attempt;
    attempt.then(
      (connection) => {
        if (this.#connection === attempt) this.#open = connection;
      },
      () => undefined,
    );
    return attempt;
  }

  /** Connects. A connection that fails or ends is dropped if it is the one in use. */
  #attempt(): Promise<Connection> {
    const forget = () => {
      if (this.#connection !== attempt) return;
      this.#connection = undefined;
      this.#open = undefined;
    };
    const attempt = this.#ports.open(forget);
    attempt.catch(forget);
    return attempt;
  }
}
