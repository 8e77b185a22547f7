import aws4 from 'aws4';
import { requestText, type TextRequest, type TextResponse } from '../http/fetch-json.ts';
import type { AwsCredentials } from './aws-credentials.ts';

/** One call of an AWS service whose operations are methods and paths. */
export interface AwsRestCall {
  readonly method: TextRequest['method'];
  /** With its query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly input?: object;
  /** Where the service would otherwise choose another representation. */
  readonly accept?: string;
  /** Where the common one of `requestText` is too short. */
  readonly timeoutMilliseconds?: number;
}

/**
 * One signed call, tried once. Rejects when the service does not answer in time; any status is an answer.
 *
 * @param service as signatures name it.
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
