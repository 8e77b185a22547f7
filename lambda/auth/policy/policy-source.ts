import type { PollConfiguration } from '../../../runtime/aws/appconfig-data.ts';
import { describeError, type Log } from '../../../runtime/logging/log.ts';
import type { Policy } from '../contract.ts';
import { type PreparedPolicy, preparePolicy } from '../decision/prepared-policy.ts';

export interface PolicySourceOptions {
  /** The bundle's own, which the documents lie over. */
  readonly policy: Policy;
  readonly poll: PollConfiguration;
  /** Between two polls at least, whatever AppConfig says. */
  readonly pollSeconds: number;
  /** How long a poll that is not answered may take, in milliseconds. */
  readonly timeoutMilliseconds: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

/** What is worth counting of the source, since it was last asked. */
export interface PolicyHealth {
  /** Documents that were not taken. */
  readonly refused: number;
  /** Polls that AppConfig did not answer. */
  readonly failedPolls: number;
  /** How long ago AppConfig last said what is in force; undefined when it never did. */
  readonly ageSeconds: number | undefined;
}

/** The policy to decide by, which may be another from call to call. */
export interface PolicyUpdates {
  current(): PreparedPolicy;
  takeHealth(): PolicyHealth;
}

/** After failures in a row the polls become rarer, up to this. */
const longestPauseSeconds = 120;

/**
 * The policy in force: the bundle's, with the last good document over it. Who asks for it sets off the poll that is
 * due, one at a time, and never waits for it.
 */
export class PolicySource implements PolicyUpdates {
  readonly #options: PolicySourceOptions;
  #current: PreparedPolicy;
  /** The document's text as it was last received, taken or refused. */
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

  /** Polls if it is time to, or joins the poll under way. Never rejects. */
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
      // Lambda freezes a process between calls. What it cut off is no fault of AppConfig's: asked again at once.
      if (now() - startedAt > 2 * timeoutMilliseconds) return;
      const pause = Math.min(longestPauseSeconds, pollSeconds * 2 ** this.#failuresInRow);
      this.#failuresInRow += 1;
      this.#nextPollAt = now() + pause * 1_000;
      log.warn('The runtime policy could not be asked for; the last one serves on.', {
        error: describeError(error),
        askedAgainInSeconds: pause,
      });
    }
  }

  async #take(text: string): Promise<void> {
    if (text === this.#text) return;
    this.#text = text;
    // Loaded by the first document: a gateway whose operators have changed nothing starts without a validator.
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
    this.#options.log.error('The runtime policy is not valid; the last good one serves on.', {
      faults,
      serving: this.#current.version,
    });
  }
}
