import aws4 from 'aws4';
import type { AwsCredentials } from '../../runtime/aws/aws-credentials.ts';
import { requestText, type TextResponse } from '../../runtime/http/fetch-json.ts';
import { originHeaderValues, withOriginHeaderValue } from './distribution-config.ts';
import { type OriginHeaderDistribution, RotationError } from './rotation.ts';

export interface DistributionLocation {
  /** Base URL of CloudFront's API, without a path. */
  readonly endpoint: string;
  readonly distributionId: string;
  /** Header in which the distribution sends the secret. */
  readonly headerName: string;
}

/** CloudFront's API is always signed for this region. */
const signingRegion = 'us-east-1';
/** An update of CloudFront takes several seconds. */
const timeoutMilliseconds = 20_000;

/** A distribution by CloudFront's API (GetDistribution, GetDistributionConfig, UpdateDistribution). */
export function createOriginHeaderDistribution(
  credentials: AwsCredentials,
  { endpoint, distributionId, headerName }: DistributionLocation,
): OriginHeaderDistribution {
  const path = `/2020-05-31/distribution/${distributionId}`;
  const call = async (
    method: 'GET' | 'PUT',
    tail: string,
    headers: Readonly<Record<string, string>> = {},
    body = '',
  ): Promise<TextResponse> => {
    const signed = aws4.sign(
      {
        host: new URL(endpoint).host,
        path: path + tail,
        method,
        service: 'cloudfront',
        region: signingRegion,
        headers: { ...headers },
        body,
      },
      credentials,
    );
    const answer = await requestText(`${endpoint}${path}${tail}`, {
      method,
      headers: signed.headers as Record<string, string>,
      ...(method === 'GET' ? {} : { body }),
      timeoutMilliseconds,
    });
    if (answer.status === 200) return answer;
    throw new RotationError(`CloudFront refused ${method} ${path}${tail} (${answer.status}): ${answer.text}`);
  };

  return {
    async sent() {
      const { text } = await call('GET', '');
      return {
        ...originHeaderValues(text, headerName),
        deployed: /<Status>\s*Deployed\s*<\/Status>/.test(text),
      };
    },
    async send(value) {
      const { text, headers } = await call('GET', '/config');
      const etag = headers['etag'];
      if (etag === undefined) throw new RotationError("CloudFront did not name the configuration's version.");
      const changed = withOriginHeaderValue(text, headerName, value);
      await call('PUT', '/config', { 'content-type': 'application/xml', 'if-match': etag }, changed);
    },
  };
}
