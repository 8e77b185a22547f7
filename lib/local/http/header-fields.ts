/** Fields for a single connection; they are never forwarded (RFC 9110 section 7.6.1). */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
] as const;

/**
 * Header fields in the order of their arrival; repeated fields stay separate. Names are stored in lower case and are not
 * case-sensitive.
 */
export class HeaderFields {
  #lines: [name: string, value: string][] = [];

  /** Creates header fields from a flat list `[name, value, name, value, …]`, the shape of `IncomingMessage.rawHeaders`. */
  static fromRaw(raw: readonly string[]): HeaderFields {
    const fields = new HeaderFields();
    for (let index = 0; index + 1 < raw.length; index += 2) {
      fields.#lines.push([(raw[index] ?? '').toLowerCase(), raw[index + 1] ?? '']);
    }
    return fields;
  }

  static of(values: Readonly<Record<string, string>>): HeaderFields {
    return HeaderFields.fromRaw(Object.entries(values).flat());
  }

  /** All values of the name joined by `, `; undefined when the name is absent. */
  get(name: string): string | undefined {
    const values = this.all(name);
    return values.length === 0 ? undefined : values.join(', ');
  }

  all(name: string): string[] {
    const wanted = name.toLowerCase();
    return this.#lines.filter(([candidate]) => candidate === wanted).map(([, value]) => value);
  }

  has(name: string): boolean {
    const wanted = name.toLowerCase();
    return this.#lines.some(([candidate]) => candidate === wanted);
  }

  /** Replaces all lines of a name with one line. */
  set(name: string, value: string): void {
    this.delete(name);
    this.append(name, value);
  }

  append(name: string, value: string): void {
    this.#lines.push([name.toLowerCase(), value]);
  }

  delete(name: string): void {
    const wanted = name.toLowerCase();
    this.#lines = this.#lines.filter(([candidate]) => candidate !== wanted);
  }

  /** Keeps the lines whose name the test accepts. */
  keep(test: (name: string) => boolean): void {
    this.#lines = this.#lines.filter(([name]) => test(name));
  }

  /** Removes hop-by-hop fields, and `Expect`, which the server has already handled. */
  deleteHopByHop(): void {
    const nominated = this.all('connection').flatMap((value) =>
      value.split(',').map((name) => name.trim().toLowerCase()),
    );
    const removed = new Set<string>([...hopByHop, 'expect', ...nominated]);
    this.keep((name) => !removed.has(name));
  }

  /** Distinct names in the order of their first line. */
  names(): string[] {
    return [...new Set(this.#lines.map(([name]) => name))];
  }

  copy(): HeaderFields {
    return HeaderFields.fromRaw(this.toRaw());
  }

  toRaw(): string[] {
    return this.#lines.flat();
  }
}
