import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentials } from '../../runtime/aws/aws-credentials.ts';
import type { ReceivedCall } from '../../runtime/http/testing/test-server.ts';
import { Sha256 } from './sha256.ts';

/** The parts of a request that determine what AWS does. */
export interface AwsRequest {
  readonly method: string;
  /** Percent-encoded, as sent. */
  readonly path: string;
  /** `name=value`, percent-encoded, in order. */
  readonly query: readonly string[];
  /** Header values by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed if it is JSON, otherwise the text. */
  readonly body: unknown;
  /** `DATE/REGION/SERVICE/aws4_request`, or without the region for Signature Version 4A. */
  readonly scope: string;
}

/** Headers of transport and authentication, which do not affect an operation. */
const transportHeaders =
  /^(?:host|connection|content-length|date|authorization|user-agent|x-amz-user-agent|amz-sdk-.*|x-amz-content-sha256)$/;

/** Headers that `fetch` adds, and the one that requests SQS error codes of the query protocol. The product reads status codes only. */
const clientHeaders =
  /^(?:accept-encoding|accept-language|cache-control|pragma|sec-fetch-mode|x-amzn-query-mode)$/;

function requestOf(
  method: string,
  url: string,
  headers: Readonly<Record<string, unknown>>,
  body: string,
): AwsRequest {
  const [path = '', query = ''] = url.split('?');
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  const kept = named.filter(
    ([name, value]) =>
      !transportHeaders.test(name) && !clientHeaders.test(name) && !(name === 'accept' && value === '*/*'),
  );
  const authorization = named.find(([name]) => name === 'authorization')?.[1] ?? '';
  return {
    method,
    path,
    query: query === '' ? [] : query.split('&').sort(),
    headers: Object.fromEntries(kept),
    body: parsed(body),
    scope: /Credential=[^/]+\/([^,]+),/.exec(authorization)?.[1] ?? '',
  };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return body;
  }
}

/** A request that a server received. */
export function receivedRequest({ method, url, headers, body }: ReceivedCall): AwsRequest {
  return requestOf(method, url, headers, body);
}

/** The request that the SDK passes to its handler. */
interface SdkRequest {
  readonly method: string;
  readonly hostname: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** A request handler for SDK clients that records requests and sends none. */
export function capturing() {
  const requests: AwsRequest[] = [];
  const hosts: string[] = [];
  const handle = async ({ method, path, query, headers, body, hostname }: SdkRequest): Promise<never> => {
    const pairs = Object.entries(query ?? {}).flatMap(([name, value]) =>
      [value ?? ''].flat().map((each) => `${encoded(name)}=${encoded(each)}`),
    );
    const url = pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
    hosts.push(hostname);
    requests.push(requestOf(method, url, headers, body === undefined ? '' : Buffer.from(body).toString()));
    throw new Error('The request was recorded and not sent.');
  };
  return { requests, hosts, requestHandler: { handle } };
}

/** Percent-encoding of RFC 3986, as Signature Version 4 requires. */
const encoded = (text: string) =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** The `Authorization` header of the AWS signer for a received request, over the same signed headers. */
export async function authorizationOf(
  { method, url, headers, body }: ReceivedCall,
  credentials: AwsCredentials,
): Promise<string> {
  const [, region = '', service = ''] = receivedRequest({ method, url, headers, body }).scope.split('/');
  const names = /SignedHeaders=([^,]+)/.exec(String(headers.authorization))?.[1]?.split(';') ?? [];
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256, applyChecksum: false });
  const signed = await signer.sign(
    {
      method,
      protocol: 'http:',
      hostname: 'localhost',
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: Object.fromEntries(names.map((name) => [name, String(headers[name])])),
      body,
    },
    { signingDate: new Date() },
  );
  return signed.headers['authorization'] ?? '';
}
