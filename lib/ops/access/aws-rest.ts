import aws4 from 'aws4';
import type { AwsCredentials } from '../../../runtime/aws/aws-credentials.ts';
import { withDeadline } from '../../../runtime/concurrency/deadline.ts';
import { OpsError } from '../commands/ops-error.ts';

/** One call of an AWS service with a REST protocol. */
export interface RestCall {
  /** As signatures name it: `lambda`. */
  readonly service: string;
  /** Base URL, without a path. */
  readonly endpoint: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With its query, encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface RestAnswer {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: Headers;
  readonly text: string;
}

const timeoutMilliseconds = 15_000;

/** Signs and sends a call. Any status is an answer; a service that does not answer is an OpsError. */
export async function callRest(credentials: AwsCredentials, call: RestCall): Promise<RestAnswer> {
  const { service, endpoint, method, path, headers = {}, body = '' } = call;
  const { host } = new URL(endpoint);
  const { region } = credentials;
  const signed = aws4.sign(
    { host, path, method, service, region, headers: { ...headers }, body },
    credentials,
  );
  return await sendRest(call, signed.headers as Record<string, string>);
}

/** Sends a call that is signed already. Any status is an answer; a service that does not answer is an OpsError. */
export async function sendRest(
  { service, endpoint, method, path, body = '' }: RestCall,
  headers: Readonly<Record<string, string>>,
): Promise<RestAnswer> {
  try {
    return await withDeadline(timeoutMilliseconds, async (signal) => {
      const response = await fetch(`${endpoint}${path}`, {
        method,
        headers: withoutFraming(headers),
        // An empty body would have a type of its own.
        ...(body === '' ? {} : { body }),
        signal,
      });
      return { status: response.status, headers: response.headers, text: await response.text() };
    });
  } catch (cause) {
    throw new OpsError(
      `The ${service} API at ${endpoint} does not answer (${String(cause)}).`,
      'See that it can be reached from here, then try again.',
      1,
      { cause },
    );
  }
}

/** `fetch` sets them itself, to the same values. */
function withoutFraming(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !['host', 'content-length'].includes(name.toLowerCase())),
  );
}
