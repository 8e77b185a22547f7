import { MemoryEntries } from '../in-memory-entries.ts';
import { type InMemoryTwin, inMemoryScripts } from '../in-memory-scripts.ts';
import type { Script, ScriptCall, Scripts } from '../script-runner.ts';

/** The limit store's scripts within this process, with a clock that the test moves. */
export class TestScripts implements Scripts {
  #entries = new MemoryEntries(10_000);
  readonly #now: () => number;
  readonly #scripts: readonly InMemoryTwin[];
  /** The calls so far, and a switch that makes later calls fail as if the limit store were unavailable. */
  calls = 0;
  isUnavailable = false;

  /** @param now Milliseconds. */
  constructor(now: () => number, scripts = inMemoryScripts) {
    this.#now = now;
    this.#scripts = scripts;
  }

  /** Loses all data, as after a replacement of the limit store. */
  wipe(): void {
    this.#entries = new MemoryEntries(10_000);
  }

  async run<Reply>(
    script: Script,
    { keys, args }: ScriptCall,
    decode: (reply: unknown) => Reply | undefined,
  ): Promise<
    { readonly kind: 'ran'; readonly reply: Reply } | { readonly kind: 'failed'; readonly reason: string }
  > {
    this.calls += 1;
    await Promise.resolve();
    if (this.isUnavailable) return { kind: 'failed', reason: 'unavailable' };
    const twin = this.#scripts.find((candidate) => candidate.script === script);
    const reply = decode(twin?.execute(this.#entries, keys, args, Math.floor(this.#now() * 1_000)));
    if (reply === undefined) throw new Error('Not a reply of the script.');
    return { kind: 'ran', reply };
  }
}
