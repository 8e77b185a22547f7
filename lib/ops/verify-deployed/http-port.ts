import { withDeadline } from '../../../runtime/concurrency/deadline.ts';
/** One request. */
export interface HttpRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Sends a request and follows no redirection. Any status is an answer; rejects where none comes. */
export type SendHttp = (url: string, call: HttpRequest) => Promise<HttpResponse>;

const timeoutMilliseconds = 40_000;

/** By `fetch`. CloudFront and an HTTP API answer within 30 seconds, or fail. */
export const sendByFetch: SendHttp = async (url, { method = 'GET', headers = {}, body }) => {
  try {
    return await withDeadline(timeoutMilliseconds, async (signal) => {
      const response = await fetch(url, {
        method,
        headers,
        redirect: 'manual',
        signal,
        ...(body === undefined ? {} : { body }),
      });
      return { status: response.status, headers: response.headers, text: await response.text() };
    });
  } catch (error) {
    const { cause } = error as { readonly cause?: unknown };
    const reason = cause instanceof Error && cause.message !== '' ? cause.message : String(cause ?? error);
    throw new Error(`${new URL(url).origin} does not answer (${reason}).`, { cause: error });
  }
};

/** What the checks by request need. */
export interface HttpPorts {
  /** Base URL of the edge, without a slash at its end. */
  readonly url: string;
  /** Base URL of the HTTP API itself; undefined where it is not known. */
  readonly apiUrl: string | undefined;
  /** Base URL of the partner API itself, without its stage; undefined where it is not known. */
  readonly partnerUrl: string | undefined;
  /** An API key of the partner API. */
  readonly partnerKey: string | undefined;
  /** An origin whose pages may read answers. */
  readonly corsOrigin: string | undefined;
  /** First path prefix of static files; undefined without a bucket. */
  readonly staticPrefix: string | undefined;
  readonly send: SendHttp;
  readonly wait: (seconds: number) => Promise<void>;
  /** Makes an URL that no cache has seen. */
  readonly unique: () => string;
}

/** A longer wait than any limit for anonymous callers asks for. */
const longestWaitSeconds = 90;
const attempts = 3;

/** Asks the edge. The checks share one address and its limit, so a 429 is waited for. */
export async function requestEdge(
  ports: HttpPorts,
  path: string,
  call: HttpRequest = {},
): Promise<HttpResponse> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ports.send(`${ports.url}${path}`, call);
    const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN);
    if (answer.status !== 429 || attempt === attempts || !(seconds <= longestWaitSeconds)) return answer;
    await ports.wait(Math.max(1, seconds));
  }
}

/** The members of a JSON object; none where the body is something else. */
export function jsonMembers({ text }: HttpResponse): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Of the status, as one fault or none. */
export function statusFaults({ status }: HttpResponse, expected: number): string[] {
  return status === expected ? [] : [`status ${status}, expected ${expected}`];
}

/** One fault for each header that is missing, or whose value does not match. */
export function headerFaults(
  { headers }: HttpResponse,
  expected: Readonly<Record<string, RegExp>>,
): string[] {
  return Object.entries(expected).flatMap(([name, pattern]) => {
    const value = headers.get(name);
    if (value === null) return [`no ${name}`];
    return pattern.test(value) ? [] : [`${name}: ${value}, expected ${pattern.source}`];
  });
}

/** A problem document says the status that it comes with. */
export function problemFaults(answer: HttpResponse, expected: number): string[] {
  const { status } = jsonMembers(answer);
  return [
    ...statusFaults(answer, expected),
    ...(status === expected ? [] : [`the body is not a problem document with status ${expected}`]),
  ];
}
