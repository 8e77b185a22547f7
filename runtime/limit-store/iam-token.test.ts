import { createHash, createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { createIamToken } from './iam-token.ts';

const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: 'session/token+==',
  region: 'eu-west-1',
};

test.each(['serverless', 'nodes'] as const)('is a presigned request to connect to %s', (kind) => {
  const cache = { name: 'gatehouse-dev', kind };
  const token = createIamToken('gateway', cache, credentials, new Date('2026-11-20T12:00:00.123Z'));
  expect(token).not.toContain('://');
  const url = new URL(`http://${token}`);
  expect([url.host, url.pathname]).toEqual(['gatehouse-dev', '/']);
  const { 'X-Amz-Signature': signature, ...query } = Object.fromEntries(url.searchParams);
  expect(query).toEqual({
    Action: 'connect',
    User: 'gateway',
    ...(kind === 'serverless' ? { ResourceType: 'ServerlessCache' } : {}),
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': 'AKIDEXAMPLE/20261120/eu-west-1/elasticache/aws4_request',
    'X-Amz-Date': '20261120T120000Z',
    'X-Amz-Expires': '900',
    'X-Amz-Security-Token': 'session/token+==',
    'X-Amz-SignedHeaders': 'host',
  });
  expect(signature).toBe(expectedSignature(query));
});

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function expectedSignature(query: Record<string, string>): string {
  const encoded = Object.entries(query)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
    .join('&');
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const canonical = ['GET', '/', encoded, 'host:gatehouse-dev', '', 'host', sha256('')].join('\n');
  const scope = '20261120/eu-west-1/elasticache/aws4_request';
  const text = ['AWS4-HMAC-SHA256', '20261120T120000Z', scope, sha256(canonical)].join('\n');
  const key = scope
    .split('/')
    .reduce<string | Buffer>(
      (secret, part) => createHmac('sha256', secret).update(part).digest(),
      `AWS4${credentials.secretAccessKey}`,
    );
  return createHmac('sha256', key).update(text).digest('hex');
}
