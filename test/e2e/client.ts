import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** A request. Header pairs are sent unchanged and in this order, so a name may repeat. */
export interface Call {
  readonly method?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string | Buffer;
  /** Source address of the call, if the machine has it. Each address has a separate anonymous limit. */
  readonly from?: string | undefined;
}

export interface Answer {
  readonly status: number;
  /** The value of a header; repeated headers are joined by a comma. Undefined if the header is absent. */
  header(name: string): string | undefined;
  readonly body: Buffer;
  json(): unknown;
}

/** Sends one call. The path is sent byte for byte, because `fetch` would normalise it. */
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

/** Sends a GET with any bytes (latin1) as its target, and returns the raw response. */
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

/** Sends a call and repeats it after a 429. For tests that do not test limits. */
export async function sendWithRetry(base: string, path: string, call: Call = {}): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await send(base, path, call);
    if (answer.status !== 429 || attempt === 5) return answer;
    await wait(retryAfterMs(answer));
  }
}

/** Milliseconds to wait according to `Retry-After`. @throws if the header is absent or not a positive whole number. */
export function retryAfterMs(answer: Answer): number {
  const seconds = answer.header('retry-after') ?? '';
  if (!/^[1-9]\d*$/.test(seconds))
    throw new Error(`Retry-After is "${seconds}", which is not a positive whole number of seconds.`);
  return Number(seconds) * 1_000;
}
