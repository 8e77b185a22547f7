import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { emptyRuntimePolicy } from '../../../../runtime/policy/empty-runtime-policy.ts';
import { stateError } from '../../run/state-error.ts';

/** A deployed document. */
export interface DeployedDocument {
  readonly text: string;
  /** The number of deployments in this run. */
  readonly number: number;
}

export interface WatchedDocumentOptions {
  readonly file: string;
  /** Returns the error of a document; undefined when it is valid. */
  readonly validate: (text: string) => Promise<string | undefined>;
  /** Called after each deployment. The initial empty policy is not a deployment. */
  readonly onDeployed: () => void;
  readonly notice: (text: string) => void;
  /** The content of the file; undefined when it does not exist. Throws when it cannot be read. */
  readonly read: (file: string) => string | undefined;
}

/** The initial content of the file, which is valid. */
const untouched = `${JSON.stringify(emptyRuntimePolicy, undefined, 2)}\n`;

/** The interval at which the file is checked. */
const watchMilliseconds = 200;

/** The runtime policy in a file. Each valid change is deployed at once. */
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

  /** Undefined until a valid document exists. */
  get deployed(): DeployedDocument | undefined {
    return this.#deployed;
  }

  /** Deploys the file and watches it for changes. Creates a missing file with an empty policy. */
  async start(): Promise<void> {
    const { file } = this.#options;
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      if (!existsSync(file)) writeFileSync(file, untouched, { mode: 0o600 });
    } catch (error) {
      throw stateError(file, error);
    }
    await this.#lookAgain();
    // Polled: editors replace the file, and file system events follow the old file.
    this.#timer = setInterval(() => void this.#lookAgain(), watchMilliseconds).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Runs checks one after the other, so that the last one reads the latest text. Never rejects; reports an error once. */
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
    notice(`The runtime policy in ${file} cannot be read; the last valid policy stays in force. ${fault}`);
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
      if (!isFirst) notice(`The runtime policy in ${file} has changed; it applies within two seconds.`);
    } else {
      notice(`The runtime policy in ${file} is invalid and is not deployed.\n${fault}`);
    }
  }
}
