/**
 * A JSON number whose text JavaScript would change: `12345678901234567890`, `1.0`, `1e400`, `-0`. RFC 8259
 * section 6 sets no limits of range and precision, and the gateway passes numbers on unchanged.
 */
export class JsonNumber {
  /** As it was written. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /**
   * Raw JSON where the engine supports it (Node 22 and later); elsewhere the nearest number, and
   * `writeJsonText` is exact.
   */
  toJSON(): unknown {
    metJsonNumber = true;
    return rawJson === undefined ? Number(this.text) : rawJson(this.text);
  }

  toString(): string {
    return this.text;
  }
}

/** Deeper than any document that services exchange; code that walks a value recurses this far. */
const maxDepth = 100;

/** https://tc39.es/proposal-json-parse-with-source/ */
const { rawJSON: rawJson } = JSON as { readonly rawJSON?: (text: string) => unknown };
/**
 * Whether the current `JSON.stringify` has met a `JsonNumber`. `JSON.stringify` is synchronous, so one flag
 * is enough.
 */
let metJsonNumber = false;

/**
 * Reads JSON as `JSON.parse` does, except that numbers which JavaScript cannot hold exactly become
 * `JsonNumber`s. The last of repeated members wins, and `__proto__` is an ordinary member.
 *
 * @returns undefined for text that is not JSON, and for text that is nested over a hundred deep, which is
 * detected
 * before parsing.
 */
export function readJsonText(text: string): unknown {
  const scanned = scan(text);
  if (scanned === 'too-deep') return undefined;
  try {
    // This also validates the text, which the reader of exact numbers requires.
    const value = JSON.parse(text) as unknown;
    return scanned === 'plain' ? value : new ExactReader(text).read();
  } catch {
    return undefined;
  }
}

/** Writes a value of `readJsonText`, or any other JSON value, each `JsonNumber` as it was read. */
export function writeJsonText(value: unknown): string {
  metJsonNumber = false;
  const text = JSON.stringify(value);
  return metJsonNumber && rawJson === undefined ? writeExactly(value) : text;
}

/** Whether a value is a JSON object, and not null, a list or a number. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber)
  );
}

const quote = 0x22;
const backslash = 0x5c;
const minus = 0x2d;
const zero = 0x30;
const nine = 0x39;
/** Integers of up to this many characters are exact. */
const safeCharacters = 15;

/**
 * One pass over the text, before anything is built from it. Exact for JSON; the parser refuses other texts.
 */
function scan(text: string): 'plain' | 'exact' | 'too-deep' {
  let depth = 0;
  let isExact = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = endOfString(text, at);
    } else if (code === minus || (code >= zero && code <= nine)) {
      const end = endOfNumber(text, at);
      isExact ||= changes(text, at, end);
      at = end - 1;
    } else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > maxDepth) return 'too-deep';
    } else if (code === 0x5d || code === 0x7d) {
      depth -= 1;
    }
  }
  return isExact ? 'exact' : 'plain';
}

/** The position of a string's closing quote. */
function endOfString(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (at !== -1 && isEscaped(text, at)) at = text.indexOf('"', at + 1);
  return at === -1 ? text.length : at;
}

/** Whether the character follows an odd number of backslashes. */
function isEscaped(text: string, quoteAt: number): boolean {
  let at = quoteAt - 1;
  while (text.charCodeAt(at) === backslash) at -= 1;
  return (quoteAt - at) % 2 === 0;
}

function endOfNumber(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && isOfNumber(text.charCodeAt(at))) at += 1;
  return at;
}

/** Digits, and `+ - . E e`. */
function isOfNumber(code: number): boolean {
  return (
    (code >= zero && code <= nine) ||
    code === 0x2e ||
    code === 0x65 ||
    code === 0x45 ||
    code === minus ||
    code === 0x2b
  );
}

/** Whether JavaScript would write the number differently from the text. */
function changes(text: string, start: number, end: number): boolean {
  if (end - start <= safeCharacters && isPlainInteger(text, start, end)) return false;
  const token = text.slice(start, end);
  return String(Number(token)) !== token;
}

function isPlainInteger(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code < zero || code > nine) return false;
  }
  return true;
}

/** Reads a text that is known to be JSON of bounded depth. */
class ExactReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): unknown {
    const code = this.#next();
    if (code === 0x7b) return this.#object();
    if (code === 0x5b) return this.#list();
    if (code === quote) return this.#string();
    if (code === 0x74) return this.#word(4, true);
    if (code === 0x66) return this.#word(5, false);
    if (code === 0x6e) return this.#word(4, null);
    return this.#number();
  }

  /** Moves to the next character that is not white space, and returns it. */
  #next(): number {
    let code = this.#text.charCodeAt(this.#at);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      this.#at += 1;
      code = this.#text.charCodeAt(this.#at);
    }
    return code;
  }

  #object(): unknown {
    const members: Record<string, unknown> = {};
    this.#at += 1;
    while (this.#next() !== 0x7d) {
      const name = this.#string();
      this.#next();
      this.#at += 1;
      const value = this.read();
      if (name === '__proto__') define(members, name, value);
      else members[name] = value;
      if (this.#next() === 0x2c) this.#at += 1;
      this.#next();
    }
    this.#at += 1;
    return members;
  }

  #list(): unknown {
    const elements: unknown[] = [];
    this.#at += 1;
    while (this.#next() !== 0x5d) {
      elements.push(this.read());
      if (this.#next() === 0x2c) this.#at += 1;
    }
    this.#at += 1;
    return elements;
  }

  #string(): string {
    const start = this.#at;
    const end = endOfString(this.#text, start);
    this.#at = end + 1;
    const inner = this.#text.slice(start + 1, end);
    return inner.includes('\\') ? (JSON.parse(this.#text.slice(start, end + 1)) as string) : inner;
  }

  #number(): unknown {
    const start = this.#at;
    this.#at = endOfNumber(this.#text, start);
    const token = this.#text.slice(start, this.#at);
    const value = Number(token);
    return String(value) === token ? value : new JsonNumber(token);
  }

  #word<T>(characters: number, value: T): T {
    this.#at += characters;
    return value;
  }
}

function define(members: object, name: string, value: unknown): void {
  Object.defineProperty(members, name, { value, enumerable: true, configurable: true, writable: true });
}

/** Like `JSON.stringify`, for JSON values only. */
function writeExactly(value: unknown): string {
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) {
    return `[${value.map((element) => (element === undefined ? 'null' : writeExactly(element))).join(',')}]`;
  }
  if (!isJsonObject(value)) return JSON.stringify(value) ?? 'null';
  if ('toJSON' in value && typeof value['toJSON'] === 'function') return JSON.stringify(value);
  const members = Object.entries(value).flatMap(([name, member]) =>
    member === undefined ? [] : [`${JSON.stringify(name)}:${writeExactly(member)}`],
  );
  return `{${members.join(',')}}`;
}
