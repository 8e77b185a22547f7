import { once } from 'node:events';
import { createServer, type Server, request as sendRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import dynalite from 'dynalite';
import { callAws, dynamoDb } from '../aws-json.ts';
import type { DynamoTable } from '../dynamodb-item.ts';

/** DynamoDB's API in this process, behind a wire that can be cut. */
export interface TestDynamoDb {
  /** Makes a table as `createTable` does. */
  table(tableName: string, partitionKey: string, sortKey: string): Promise<DynamoTable>;
  /**
   * Cuts the wire at the call of this number from now on, beginning with 0: before DynamoDB gets it, or when it has done
   * what was asked.
   */
  cut(call: number, when: 'before' | 'after'): void;
  /** Makes the wire whole, and tells how many calls there were since it was to be cut. */
  restore(): number;
  close(): Promise<void>;
}

/** They sign what nobody checks. */
export const testCredentials = { accessKeyId: 'id', secretAccessKey: 'secret', region: 'eu-west-1' };

export async function startTestDynamoDb(): Promise<TestDynamoDb> {
  const database = dynalite({ createTableMs: 0 });
  const inner = await listen(database);
  let calls = 0;
  let cutAt: { readonly call: number; readonly when: 'before' | 'after' } | undefined;
  const wire = createServer((request, response) => {
    const isCut = cutAt?.call === calls;
    calls += 1;
    if (isCut && cutAt?.when === 'before') {
      request.socket.destroy();
      return;
    }
    const { method, headers, url } = request;
    const forwarded = sendRequest({ port: inner, method, headers, path: url, agent: false }, (answer) => {
      if (isCut) {
        answer.resume().once('end', () => request.socket.destroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(forwarded);
  });
  const endpoint = `http://127.0.0.1:${await listen(wire)}`;
  return {
    table: async (tableName, partitionKey, sortKey) => {
      await createTable(`http://127.0.0.1:${inner}`, tableName, partitionKey, sortKey);
      return { credentials: testCredentials, endpoint, tableName, timeoutMilliseconds: 10_000 };
    },
    cut: (call, when) => {
      calls = 0;
      cutAt = { call, when };
    },
    restore: () => {
      cutAt = undefined;
      return calls;
    },
    close: async () => {
      wire.closeAllConnections();
      await Promise.all([wire, database].map((server) => new Promise((done) => server.close(done))));
    },
  };
}

/** Makes a table, if it is not there. Keys are texts, but a sort key that ends in `#` is a number. */
export async function createTable(
  endpoint: string,
  tableName: string,
  partitionKey: string,
  sortKey: string,
): Promise<void> {
  const keys = [
    { name: partitionKey, role: 'HASH', type: 'S' },
    { name: sortKey.replace('#', ''), role: 'RANGE', type: sortKey.endsWith('#') ? 'N' : 'S' },
  ];
  const input = {
    TableName: tableName,
    KeySchema: keys.map(({ name, role }) => ({ AttributeName: name, KeyType: role })),
    AttributeDefinitions: keys.map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
    BillingMode: 'PAY_PER_REQUEST',
  };
  await callAws(dynamoDb(endpoint), testCredentials, 'CreateTable', input, 10_000);
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
