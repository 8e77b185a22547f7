import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** What is sent. Header pairs go out as they are and in this order, so a name may repeat. */
export interface Call {
  readonly method?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string | Buffer;
  /** The caller's own address, where the machine has it: each has an anonymous limit of its own. */
  readonly from?: string | undefined;
}

export interface Answer {
  readonly status: number;
  /** The value of a header, repeated ones joined by a comma; undefined when it is absent. */
  header(name: string): string | undefined;
  readonly body: Buffer;
  json(): unknown;
}

/** Sends one call. The path goes out byte for byte: `fetch` would normalise it. */
export function send(base: string, path: string, call: Call = {}): Promise<Answer> {
  const url = new URL(base);
  const headers = [...(call.headers ?? [])];
  if (!headers.some(([name]) => name.toLowerCase() === 'host')) headers.unshift(['Host', url.host]);
  if (call.body !== undefined) headers.push(['Content-Length', String(Buffer.byteLength(call.body))]);
  return new Promise((done, fail) => {
    const outgoing = (url.protocol === 'https:' ? secureRequest : plainRequest)(
      {
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port,
        method: call.method ?? 'GET',
        path,
        headers: headers.flat(),
        agent: false,
        ...(call.from === undefined ? {} : { localAddress: call.from }),
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', fail);
        incoming.on('end', () => {
          const body = Buffer.concat(chunks);
          done({
            status: incoming.statusCode ?? 0,
            header: (name) => incoming.headersDistinct[name.toLowerCase()]?.join(', '),
            body,
            json: () => JSON.parse(body.toString()) as unknown,
          });
        });
      },
    );
    outgoing.setTimeout(30_000, () => outgoing.destroy(new Error(`No answer to ${path} within 30 seconds.`)));
    outgoing.on('error', fail);
    outgoing.end(call.body);
  });
}

/** Sends a GET whose target is any bytes (latin1), and gives all that comes back. */
export function sendBytes(
  { host, port, from }: { readonly host: string; readonly port: number; readonly from: string | undefined },
  target: string,
): Promise<string> {
  const socket = connect({ host, port, ...(from === undefined ? {} : { localAddress: from }) });
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.toString('utf8');
  });
  socket.write(
    Buffer.from(`GET ${target} HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`, 'latin1'),
  );
  return new Promise((done, fail) => {
    socket.on('error', fail);
    socket.once('close', () => done(answer));
  });
}

/** Sends a call, and sends it again when a limit asks to wait: for tests that are not about limits. */
export async function sendWithRetry(base: string, path: string, call: Call = {}): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await send(base, path, call);
    if (answer.status !== 429 || attempt === 5) return answer;
    await wait(retryAfterMs(answer));
  }
}

/** Milliseconds to wait by `Retry-After`. @throws when it is absent or no whole number of seconds, at least one. */
export function retryAfterMs(answer: Answer): number {
  const seconds = answer.header('retry-after') ?? '';
  if (!/^[1-9]\d*$/.test(seconds)) throw new Error(`Retry-After is "${seconds}", not whole seconds.`);
  return Number(seconds) * 1_000;
}
