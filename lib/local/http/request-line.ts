import type { Socket } from 'node:net';

/** The HTTP parser refuses longer request lines. */
const maxLineBytes = 65_536;
/** RFC 9112 section 3: one space, one space, and HTTP/1.0 or 1.1. The parser of Node.js also accepts several spaces and RTSP. */
const requestLine = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ [\x21-\x7e]+ HTTP\/1\.[01]\r?$/;

/** The request line of the next request of a connection. */
export interface RequestLine {
  /** Call it when a request arrives. @returns whether its line is valid; true for a pipelined request, which is not seen. */
  readonly begin: () => boolean;
  /** Call it when the request has been read completely. */
  readonly end: () => void;
}

/** Reads the bytes of a connection in addition to the HTTP parser, which does not keep the request line. */
export function watchRequestLines(socket: Socket): RequestLine {
  let line = '';
  let isComplete = false;
  let isPending = false;
  let isPipeline = false;
  // With an `on` listener, the parser of Node.js receives its bytes by the same event instead of from the handle.
  socket.on('data', () => undefined);
  socket.prependListener('data', (chunk: Buffer) => {
    if (isComplete || isPipeline || line.length > maxLineBytes) return;
    // Empty lines before a request are ignored (RFC 9112 section 2.2).
    line = (line + chunk.toString('latin1')).replace(/^[\r\n]+/, '');
    const end = line.indexOf('\n');
    if (end < 0) return;
    line = line.slice(0, end);
    isComplete = true;
  });
  return {
    begin: () => {
      // The position of the next request line in the bytes is unknown.
      isPipeline ||= isPending;
      isPending = true;
      return isPipeline || !isComplete || requestLine.test(line);
    },
    end: () => {
      line = '';
      isComplete = false;
      isPending = false;
    },
  };
}
