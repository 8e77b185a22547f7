/** One call as the terminal shows it. */
export interface CallLine {
  /** Milliseconds since 1970; not a number when it is unknown. */
  readonly timeMs: number;
  readonly method: string;
  /** As the client sent it. */
  readonly path: string;
  /** `-` when the client disconnected before the answer. */
  readonly status: string;
  /** `ok`, the reason of a refusal, or what the edge did: `cache hit`. */
  readonly decision: string;
  readonly milliseconds: string;
  readonly service: string;
}

export interface LineStyle {
  /** Width of the terminal; a narrower one than 80 gets lines of 80. */
  readonly columns: number;
  readonly colour: boolean;
}

const narrowest = 80;
const methodWidth = 7;
const decisionWidth = 15;
const serviceWidth = 10;
/** Everything but the path: time, method, status, decision, milliseconds, service, and six spaces. */
const otherWidth = 8 + methodWidth + 3 + decisionWidth + 8 + serviceWidth + 6;

/** One line of at most `columns` printable ASCII characters, besides the colour of the status. */
export function callLine(call: CallLine, { columns, colour }: LineStyle): string {
  const time = Number.isSafeInteger(call.timeMs)
    ? new Date(call.timeMs).toISOString().slice(11, 19)
    : '--:--:--';
  const pathWidth = Math.max(columns, narrowest) - otherWidth;
  const status = printable(call.status).slice(0, 3).padStart(3);
  return [
    time,
    cut(printable(call.method), methodWidth).padEnd(methodWidth),
    cutMiddle(printable(call.path), pathWidth).padEnd(pathWidth),
    colour ? `${colourOf(call.status)}${status}\x1b[0m` : status,
    cut(printable(call.decision), decisionWidth).padEnd(decisionWidth),
    `${cut(printable(call.milliseconds), 5)} ms`.padStart(8),
    cut(printable(call.service), serviceWidth),
  ].join(' ');
}

/** Clients choose the text, and a terminal interprets control characters. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}~`;
}

/** Keeps both ends of a path: its resource and its id. */
function cutMiddle(text: string, width: number): string {
  if (text.length <= width) return text;
  const head = Math.ceil((width - 1) / 2);
  return `${text.slice(0, head)}~${text.slice(text.length - (width - 1 - head))}`;
}

/** Green for success, cyan for a redirection or an unchanged copy, yellow and red for errors. */
function colourOf(status: string): string {
  switch (status[0]) {
    case '2':
      return '\x1b[32m';
    case '3':
      return '\x1b[36m';
    case '4':
      return '\x1b[33m';
    default:
      return '\x1b[31m';
  }
}
