import type { Socket } from 'node:net';

/** Longer request lines are the HTTP parser's to refuse. */
const maxLineBytes = 65_536;
/** RFC 9112 section 3: one space, one space, and HTTP/1.0 or 1.1. Node's parser takes several spaces and RTSP. */
const requestLine = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ [\x21-\x7e]+ HTTP\/1\.[01]\r?$/;

/** What a connection has sent of its next request's first line. */
export interface RequestLine {
  /** A request has arrived. @returns whether its line is one; true where it was not seen, which is so in a pipeline. */
  readonly begin: () => boolean;
  /** The request has been read to its end. */
  readonly end: () => void;
}

/** Looks at the bytes of a connection beside the HTTP parser, which does not keep the request line. */
export function watchRequestLines(socket: Socket): RequestLine {
  let line = '';
  let isWhole = false;
  let isUnderWay = false;
  let isPipeline = false;
  // As soon as somebody listens by `on`, Node's parser gets its bytes by the same event instead of from the handle.
  socket.on('data', () => undefined);
  socket.prependListener('data', (chunk: Buffer) => {
    if (isWhole || isPipeline || line.length > maxLineBytes) return;
    // Empty lines before a request are to be ignored (RFC 9112 section 2.2).
    line = (line + chunk.toString('latin1')).replace(/^[\r\n]+/, '');
    const end = line.indexOf('\n');
    if (end < 0) return;
    line = line.slice(0, end);
    isWhole = true;
  });
  return {
    begin: () => {
      // Where the next line begins in its bytes is not known here.
      isPipeline ||= isUnderWay;
      isUnderWay = true;
      return isPipeline || !isWhole || requestLine.test(line);
    },
    end: () => {
      line = '';
      isWhole = false;
      isUnderWay = false;
    },
  };
}
