import aws4 from 'aws4';
import { requestText, UnexpectedStatusError } from '../http/fetch-json.ts';
import type { AwsCredentials } from './aws-credentials.ts';

export interface SnsTopic {
  readonly credentials: AwsCredentials;
  /** Base URL of the service, without a path. */
  readonly endpoint: string;
  readonly topicArn: string;
  readonly timeoutMilliseconds: number;
}

/**
 * Publishes a message by SNS's query protocol, which has no JSON form. Resolves once the topic has accepted
 * it.
 *
 * @param subject Subject of mails: at most 100 ASCII characters on one line.
 */
export async function publishMessage(
  { credentials, endpoint, topicArn, timeoutMilliseconds }: SnsTopic,
  subject: string,
  message: string,
): Promise<void> {
  const input = {
    Action: 'Publish',
    Version: '2010-03-31',
    Message: message,
    TopicArn: topicArn,
    Subject: subject,
  };
  const body = Object.entries(input)
    .map(([name, value]) => `${name}=${encoded(value)}`)
    .join('&');
  const { headers } = aws4.sign(
    {
      host: new URL(endpoint).host,
      path: '/',
      method: 'POST',
      service: 'sns',
      region: credentials.region,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    },
    credentials,
  );
  const { status } = await requestText(endpoint, {
    method: 'POST',
    headers: headers as Record<string, string>,
    body,
    timeoutMilliseconds,
  });
  if (status !== 200) throw new UnexpectedStatusError(`Publish ${topicArn} at ${endpoint}`, status);
}

/** Percent-encodes as RFC 3986 and the AWS SDK do. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
