import { apiKeyHeader } from '../../../runtime/contracts/gateway-contract.ts';
import type { GatewayRequest } from '../decision/gateway-request.ts';

/** Why the fields of a credential are not read; a word for the logs. */
export type FieldFault = 'field-too-long' | 'field-with-line-break';

/**
 * The fields that are read before the caller is known, and the maximum length of each. All headers of a
 * request together are at most 10 240 bytes at an HTTP API
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html); a longer field cannot
 * be a credential, and is refused without further work.
 */
export const longestFields: Readonly<Record<string, number>> = {
  authorization: 8_192 + 'Bearer '.length,
  [apiKeyHeader]: 256,
  'signature-input': 2_048,
  signature: 1_024,
  'content-digest': 512,
};

const fields = Object.entries(longestFields);

/** Checks the lengths and line breaks of a call's credentials, before anything reads them. */
export function validateFields({ headers, authorization, apiKey }: GatewayRequest): FieldFault | undefined {
  for (const [name, longest] of fields) {
    const value =
      name === 'authorization' ? authorization : name === apiKeyHeader ? apiKey : (headers[name] ?? '');
    if (value.length > longest) return 'field-too-long';
    if (value.includes('\n') || value.includes('\r')) return 'field-with-line-break';
  }
  return undefined;
}
