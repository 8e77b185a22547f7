import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { emptyRuntimePolicy } from '../../../../runtime/policy/empty-runtime-policy.ts';
import { stateError } from '../../run/state-error.ts';

/** A document that is deployed. */
export interface DeployedDocument {
  readonly text: string;
  /** Counts the documents that were deployed in this run. */
  readonly number: number;
}

export interface WatchedDocumentOptions {
  readonly file: string;
  /** Says what is wrong with a document; undefined when it may be deployed. */
  readonly validate: (text: string) => Promise<string | undefined>;
  /** Called after each deployment; none happens in a run whose file says nothing yet. */
  readonly onDeployed: () => void;
  readonly notice: (text: string) => void;
  /** The file's text; undefined where it does not exist. Throws when it cannot be read. */
  readonly read: (file: string) => string | undefined;
}

/** What a file begins with. It is known to be valid. */
const untouched = `${JSON.stringify(emptyRuntimePolicy, undefined, 2)}\n`;

/** How soon a change of the file is seen. */
const watchMilliseconds = 200;

/** The runtime policy in a file: each change of it that the validators let pass is deployed at once. */
export class WatchedDocument {
  readonly #options: WatchedDocumentOptions;
  #seen: string | undefined;
  #deployed: DeployedDocument | undefined;
  #look: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #fault: string | undefined;

  constructor(options: WatchedDocumentOptions) {
    this.#options = options;
  }

  /** Undefined until there is a valid one. */
  get deployed(): DeployedDocument | undefined {
    return this.#deployed;
  }

  /** Deploys what is there, and from then on what comes. A file that is not there is made, with a policy of nothing. */
  async start(): Promise<void> {
    const { file } = this.#options;
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      if (!existsSync(file)) writeFileSync(file, untouched, { mode: 0o600 });
    } catch (error) {
      throw stateError(file, error);
    }
    await this.#lookAgain();
    // Not by the system's notices: they tell of files, and editors put another file in the place of this one.
    this.#timer = setInterval(() => void this.#lookAgain(), watchMilliseconds).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** One look after the other: the last one of them sees the latest text. Never rejects: a fault is reported once. */
  #lookAgain(): Promise<void> {
    this.#look = this.#look
      .then(() => this.#deploy())
      .then(
        () => {
          this.#fault = undefined;
        },
        (error: unknown) => this.#report(String(error)),
      );
    return this.#look;
  }

  #report(fault: string): void {
    if (fault === this.#fault) return;
    this.#fault = fault;
    const { file, notice } = this.#options;
    notice(`The runtime policy in ${file} cannot be read, so the last valid one stays in force. ${fault}`);
  }

  async #deploy(): Promise<void> {
    const { file, validate, onDeployed, notice } = this.#options;
    const text = this.#options.read(file);
    if (text === undefined || text === this.#seen) return;
    const isFirst = this.#seen === undefined;
    const fault = text === untouched ? undefined : await validate(text);
    this.#seen = text;
    if (fault === undefined) {
      this.#deployed = { text, number: (this.#deployed?.number ?? 0) + 1 };
      if (!isFirst || text !== untouched) onDeployed();
      if (!isFirst) notice(`The runtime policy in ${file} has changed; it is in force within two seconds.`);
    } else {
      notice(`The runtime policy in ${file} is not valid and changes nothing.\n${fault}`);
    }
  }
}
