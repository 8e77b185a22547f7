import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { emptyRuntimePolicy } from '../../../lambda/shared/empty-runtime-policy.ts';
import { readIfThere } from '../../read-if-there.ts';

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
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    if (readIfThere(file) === undefined) writeFileSync(file, untouched, { mode: 0o600 });
    await this.#lookAgain();
    // Not by the system's notices: they tell of files, and editors put another file in the place of this one.
    this.#timer = setInterval(() => void this.#lookAgain(), watchMilliseconds).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** One look after the other: the last one of them sees the latest text. */
  #lookAgain(): Promise<void> {
    this.#look = this.#look.then(() => this.#deploy());
    return this.#look;
  }

  async #deploy(): Promise<void> {
    const { file, validate, onDeployed, notice } = this.#options;
    const text = readIfThere(file);
    if (text === undefined || text === this.#seen) return;
    const isFirst = this.#seen === undefined;
    this.#seen = text;
    const fault = text === untouched ? undefined : await validate(text);
    if (fault === undefined) {
      this.#deployed = { text, number: (this.#deployed?.number ?? 0) + 1 };
      if (!isFirst || text !== untouched) onDeployed();
      if (!isFirst) notice(`The runtime policy in ${file} has changed; it is in force within two seconds.`);
    } else {
      notice(`The runtime policy in ${file} is not valid and changes nothing.\n${fault}`);
    }
  }
}
