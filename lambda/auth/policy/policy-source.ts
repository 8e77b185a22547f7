import type { PollConfiguration } from '../../../runtime/aws/appconfig-data.ts';
import { describeError, type Log } from '../../../runtime/logging/log.ts';
import type { Policy } from '../contract.ts';
import { type PreparedPolicy, preparePolicy } from '../decision/prepared-policy.ts';

export interface PolicySourceOptions {
  /** The bundle's policy, which the documents override. */
  readonly policy: Policy;
  readonly poll: PollConfiguration;
  /** Minimum interval of polls, whatever AppConfig returns. */
  readonly pollSeconds: number;
  /** Time-out of a poll, in milliseconds. */
  readonly timeoutMilliseconds: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

/** Countable events of the source since the last call. */
export interface PolicyHealth {
  /** Documents that were rejected. */
  readonly refused: number;
  /** Polls that AppConfig did not answer. */
  readonly failedPolls: number;
  /** Time since AppConfig's last answer; undefined when it has never answered. */
  readonly ageSeconds: number | undefined;
}

/** The policy to decide by, which may change from call to call. */
export interface PolicyUpdates {
  current(): PreparedPolicy;
  takeHealth(): PolicyHealth;
}

/** After consecutive failures, the poll interval grows up to this. */
const longestPauseSeconds = 120;

/**
 * The policy in force: the bundle's with the last valid document. Reading it starts a poll when one is due,
 * one at a time, and never waits for it.
 */
export class PolicySource implements PolicyUpdates {
  readonly #options: PolicySourceOptions;
  #current: PreparedPolicy;
  /** The last received text of the document, accepted or rejected. */
  #text = '';
  #refused = 0;
  #failedPolls = 0;
  /** Milliseconds since the epoch. */
  #answeredAt: number | undefined;
  #failuresInRow = 0;
  #nextPollAt = Number.NEGATIVE_INFINITY;
  #flight: Promise<void> | undefined;

  constructor(options: PolicySourceOptions) {
    this.#options = options;
    this.#current = preparePolicy(options.policy);
  }

  current(): PreparedPolicy {
    void this.refresh();
    return this.#current;
  }

  takeHealth(): PolicyHealth {
    const ageMilliseconds =
      this.#answeredAt === undefined ? undefined : this.#options.now() - this.#answeredAt;
    const news = {
      refused: this.#refused,
      failedPolls: this.#failedPolls,
      ageSeconds:
        ageMilliseconds === undefined ? undefined : Math.max(0, Math.round(ageMilliseconds / 1_000)),
    };
    this.#refused = 0;
    this.#failedPolls = 0;
    return news;
  }

  /** Polls when one is due, or joins the poll in progress. Never rejects. */
  refresh(): Promise<void> {
    if (this.#flight !== undefined) return this.#flight;
    if (this.#options.now() < this.#nextPollAt) return Promise.resolve();
    this.#flight = this.#poll().finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  async #poll(): Promise<void> {
    const { poll, pollSeconds, timeoutMilliseconds, now, log } = this.#options;
    const startedAt = now();
    try {
      const answer = await poll();
      this.#failuresInRow = 0;
      this.#answeredAt = now();
      const pause = answer.kind === 'absent' ? pollSeconds : Math.max(pollSeconds, answer.nextPollSeconds);
      this.#nextPollAt = now() + pause * 1_000;
      if (answer.kind === 'document') await this.#take(answer.text);
    } catch (error) {
      this.#failedPolls += 1;
      // Lambda freezes a process between calls. AppConfig did not cause such an interruption, so
      // the poll is repeated at once.
      if (now() - startedAt > 2 * timeoutMilliseconds) return;
      const pause = Math.min(longestPauseSeconds, pollSeconds * 2 ** this.#failuresInRow);
      this.#failuresInRow += 1;
      this.#nextPollAt = now() + pause * 1_000;
      log.warn('The runtime policy could not be read; the last one stays in force.', {
        error: describeError(error),
        nextPollInSeconds: pause,
      });
    }
  }

  async #take(text: string): Promise<void> {
    if (text === this.#text) return;
    this.#text = text;
    // Loaded by the first document: a gateway without a runtime policy starts without a validator.
    const { describeFaults, readRuntimePolicy } = await import('../../../runtime/policy/runtime-policy.ts');
    const read = readRuntimePolicy(text);
    if (read.kind === 'invalid') {
      this.#refuse(describeFaults(read.faults));
      return;
    }
    try {
      this.#current = preparePolicy(this.#options.policy, read.policy);
    } catch (error) {
      this.#refuse(describeError(error));
    }
  }

  #refuse(faults: string): void {
    this.#refused += 1;
    this.#options.log.error('The runtime policy is not valid; the last valid one stays in force.', {
      faults,
      serving: this.#current.version,
    });
  }
}
