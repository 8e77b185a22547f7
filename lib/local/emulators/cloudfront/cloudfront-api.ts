import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Deployment } from '../../engine/assembly.ts';
import { type LoopbackServer, readBody, serveOnLoopback } from '../http/loopback-server.ts';
import { distributionType, keyValueStoreType } from './cloudfront-resources.ts';
import type { KeyValues } from './key-values.ts';

export interface CloudFrontApiPorts {
  readonly keyValues: KeyValues;
  readonly invalidate: (items: readonly string[]) => void;
}

interface ApiResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The maximum number of keys in one response and in one change (CloudFront KeyValueStore API reference). */
const maxListed = 50;
const maxChanged = 50;

const update = z.object({
  Puts: z.array(z.object({ Key: z.string().min(1).max(512), Value: z.string().max(1_024) })).default([]),
  Deletes: z.array(z.object({ Key: z.string() })).default([]),
});

/**
 * Serves the CloudFront API calls of operators: ListKeys, DescribeKeyValueStore and UpdateKeys of key-value stores
 * (https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_Operations_Amazon_CloudFront_KeyValueStore.html), and
 * CreateInvalidation, which is complete at once.
 */
export async function startCloudFrontApi(
  deployment: Deployment,
  ports: CloudFrontApiPorts,
): Promise<LoopbackServer> {
  return await serveOnLoopback((request, response) => {
    void readBody(request)
      .then((body) => respond(deployment, ports, request, body.toString()))
      .catch((error: unknown) => failure(400, 'ValidationException', String(error)))
      .then((given) => send(response, given));
  });
}

function respond(
  deployment: Deployment,
  ports: CloudFrontApiPorts,
  request: IncomingMessage,
  body: string,
): ApiResponse {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://cloudfront');
  const [, collection = '', name = '', ...rest] = pathname.split('/').map(decodeURIComponent);
  if (collection === 'key-value-stores') {
    const store = deployment.byReference(name);
    if (store?.type !== keyValueStoreType.type)
      return failure(404, 'ResourceNotFoundException', `Key-value store ${name} does not exist.`);
    if (signatureOf(request) !== 'AWS4-ECDSA-P256-SHA256')
      return failure(403, 'AccessDeniedException', 'The call is not signed by Signature Version 4A.');
    return keyValueResponse(ports.keyValues, store.id, `${request.method} ${rest.join('/')}`, {
      match: request.headers['if-match'],
      after: searchParams.get('NextToken') ?? '',
      body,
    });
  }
  const [id = '', operation] = rest;
  if (`${request.method} ${name} ${operation}` === 'POST distribution invalidation') {
    if (deployment.byReference(id)?.type !== distributionType.type)
      return failure(404, 'NoSuchDistribution', `Distribution ${id} does not exist.`);
    if (signatureOf(request) !== 'AWS4-HMAC-SHA256')
      return failure(403, 'AccessDenied', 'The call is not signed.');
    const items = [...body.matchAll(/<Path>([^<]*)<\/Path>/g)].map(([, path = '']) => fromXml(path));
    if (items.length === 0 || items.some((item) => !/^[/#]/.test(item)))
      return failure(400, 'InvalidArgument', 'A path must begin with a slash, a cache tag with #.');
    ports.invalidate(items);
    return { status: 201, body: '<Invalidation><Id>ILOCAL</Id><Status>Completed</Status></Invalidation>' };
  }
  return failure(404, 'UnknownOperationException', `${request.method} ${pathname} is not emulated.`);
}

function keyValueResponse(
  keyValues: KeyValues,
  id: string,
  operation: string,
  { match, after, body }: { match: string | undefined; after: string; body: string },
): ApiResponse {
  const etag = () => ({ etag: keyValues.version(id) });
  const count = () => JSON.stringify({ ItemCount: keyValues.all(id).size, TotalSizeInBytes: 0 });
  switch (operation) {
    case 'GET ':
      return { status: 200, headers: etag(), body: count() };
    case 'GET keys': {
      const keys = [...keyValues.all(id).keys()].sort().filter((key) => key > after);
      const Items = keys.slice(0, maxListed).map((Key) => ({ Key, Value: keyValues.get(id, Key) }));
      const more = keys.length > maxListed ? { NextToken: Items.at(-1)?.Key } : {};
      return { status: 200, body: JSON.stringify({ Items, ...more }) };
    }
    case 'POST keys': {
      if (match !== keyValues.version(id))
        return failure(409, 'ConflictException', 'The key-value store has changed since it was read.');
      const { Puts, Deletes } = update.parse(JSON.parse(body));
      if (Puts.length + Deletes.length > maxChanged)
        return failure(400, 'ValidationException', `A change may have at most ${maxChanged} keys.`);
      keyValues.update(
        id,
        new Map<string, string | undefined>([
          ...Deletes.map(({ Key }) => [Key, undefined] as const),
          ...Puts.map(({ Key, Value }) => [Key, Value] as const),
        ]),
      );
      return { status: 200, headers: etag(), body: count() };
    }
    default:
      return failure(404, 'UnknownOperationException', `${operation} is not emulated.`);
  }
}

const signatureOf = ({ headers }: IncomingMessage) => headers.authorization?.split(' ', 1)[0];

const fromXml = (text: string) =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

const failure = (status: number, type: string, message: string): ApiResponse => ({
  status,
  body: JSON.stringify({ __type: type, Message: message }),
});

function send(response: ServerResponse, { status, headers = {}, body }: ApiResponse): void {
  const type = body.startsWith('<') ? 'text/xml' : 'application/json';
  response.writeHead(status, { 'content-type': type, ...headers });
  response.end(body);
}
