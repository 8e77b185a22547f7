/** The part of the Redis protocol (RESP2, https://redis.io/docs/latest/develop/reference/protocol-spec/) that the limit store needs. */

/** An error reply; its first word is the error code for clients. */
export interface RespError {
  readonly error: string;
}

/** A status such as `OK`. */
export interface RespStatus {
  readonly status: string;
}

/** A reply; a string is sent as a bulk string. */
export type Reply = RespError | RespStatus | string | number | null | readonly Reply[];

export const ok: RespStatus = { status: 'OK' };

/** The bytes are not a valid request; the connection must be closed. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** The commands of the gateway are shorter. */
const maxArgumentBytes = 1024 * 1024;
/** When a product is loaded, the command names each of its holds. */
const maxArguments = 65_536;

/** Parses bytes into commands; a client may pipeline many commands. */
export class CommandReader {
  #bytes: Buffer = Buffer.alloc(0);

  /**
   * Adds received bytes.
   *
   * @returns all complete commands, each as a list of its words.
   * @throws {ProtocolError}
   */
  read(bytes: Buffer): string[][] {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    const commands: string[][] = [];
    let position = 0;
    for (;;) {
      const parsed = parseCommand(this.#bytes, position);
      if (parsed === undefined) break;
      position = parsed.end;
      commands.push(parsed.words);
    }
    this.#bytes = this.#bytes.subarray(position);
    return commands;
  }
}

/** Encodes a reply. */
export function encodeReply(reply: Reply): string {
  if (reply === null) return '$-1\r\n';
  if (typeof reply === 'number') return `:${reply}\r\n`;
  if (typeof reply === 'string') return `$${Buffer.byteLength(reply)}\r\n${reply}\r\n`;
  if ('status' in reply) return `+${reply.status}\r\n`;
  if ('error' in reply) return `-${reply.error}\r\n`;
  return `*${reply.length}\r\n${reply.map(encodeReply).join('')}`;
}

function parseCommand(bytes: Buffer, start: number): { words: string[]; end: number } | undefined {
  const header = readLength(bytes, start, '*', maxArguments);
  if (header === undefined) return undefined;
  const words: string[] = [];
  let position = header.end;
  for (let index = 0; index < header.length; index += 1) {
    const bulk = readLength(bytes, position, '$', maxArgumentBytes);
    if (bulk === undefined) return undefined;
    const end = bulk.end + bulk.length;
    if (bytes.length < end + 2) return undefined;
    words.push(bytes.toString('utf8', bulk.end, end));
    position = end + 2;
  }
  return { words, end: position };
}

/** Reads `*3\r\n` or `$5\r\n`. */
function readLength(
  bytes: Buffer,
  start: number,
  mark: '*' | '$',
  most: number,
): { length: number; end: number } | undefined {
  if (bytes.length <= start) return undefined;
  if (bytes[start] !== mark.charCodeAt(0)) throw new ProtocolError(`expected '${mark}'`);
  const end = bytes.indexOf('\r\n', start);
  if (end === -1) return undefined;
  const length = Number(bytes.toString('latin1', start + 1, end));
  if (!Number.isInteger(length) || length < 0 || length > most) throw new ProtocolError('invalid length');
  return { length, end: end + 2 };
}
