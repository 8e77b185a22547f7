import aws4 from 'aws4';
import { requestText, type TextRequest, type TextResponse } from '../http/fetch-json.ts';
import type { AwsCredentials } from './aws-credentials.ts';

/** One call of an AWS service whose operations are methods and paths. */
export interface AwsRestCall {
  readonly method: TextRequest['method'];
  /** Includes the query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly input?: object;
  /** Set where the service would otherwise return another representation. */
  readonly accept?: string;
  /** Overrides the default of `requestText`. */
  readonly timeoutMilliseconds?: number;
}

/**
 * Sends one signed call, without retries. Rejects when the service does not answer in time; resolves with any
 * status.
 *
 * @param service the service name in signatures.
 * @param endpoint Base URL, without a path.
 */
export function callAwsRest(
  { service, endpoint }: { readonly service: string; readonly endpoint: string },
  credentials: AwsCredentials,
  { method, path, input, accept, timeoutMilliseconds }: AwsRestCall,
): Promise<TextResponse> {
  const body = input === undefined ? {} : { body: JSON.stringify(input) };
  const { headers } = aws4.sign(
    {
      host: new URL(endpoint).host,
      method,
      path,
      service,
      region: credentials.region,
      ...body,
      headers: {
        ...(input === undefined ? {} : { 'content-type': 'application/json' }),
        ...(accept === undefined ? {} : { accept }),
      },
    },
    credentials,
  );
  return requestText(`${endpoint}${path}`, {
    method,
    headers: headers as Record<string, string>,
    ...body,
    ...(timeoutMilliseconds === undefined ? {} : { timeoutMilliseconds }),
  });
}
