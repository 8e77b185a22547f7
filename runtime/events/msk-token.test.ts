import { expect, test } from 'vitest';
import { createMskToken } from './msk-token.ts';

const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: 'session/token+==',
  region: 'eu-west-1',
};

test('equals the token of the AWS signer for the same credentials and time', () => {
  const token = createMskToken(credentials, new Date('2026-11-20T12:00:00.789Z'));
  expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
  const url = new URL(Buffer.from(token, 'base64url').toString());
  expect([url.protocol, url.host, url.pathname]).toEqual(['https:', 'kafka.eu-west-1.amazonaws.com', '/']);
  // Made by aws-msk-iam-sasl-signer-js 1.0.3 with its clock set to noon; it signs everything but its name.
  expect(Object.fromEntries(url.searchParams)).toEqual({
    Action: 'kafka-cluster:Connect',
    'User-Agent': 'gatehouse',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': 'AKIDEXAMPLE/20261120/eu-west-1/kafka-cluster/aws4_request',
    'X-Amz-Date': '20261120T120000Z',
    'X-Amz-Expires': '900',
    'X-Amz-Security-Token': 'session/token+==',
    'X-Amz-Signature': '31f52572458a5bc0cb97d2fbdc57460b05b41e807466cb86d66710f7d0fbeecd',
    'X-Amz-SignedHeaders': 'host',
  });
});
