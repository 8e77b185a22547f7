import { once } from 'node:events';
import { createServer, type Server, request as sendRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import dynalite from 'dynalite';
import { callAws, dynamoDb } from '../aws-json.ts';
import type { DynamoTable } from '../dynamodb-item.ts';

/** The DynamoDB emulator in this process, behind a connection that tests can cut. */
export interface TestDynamoDb {
  /** Creates a table as `createTable` does. */
  table(tableName: string, partitionKey: string, sortKey: string): Promise<DynamoTable>;
  /**
   * Cuts the connection at the call of this number from now on, beginning with 0: before DynamoDB receives
   * the call, or after it has processed it.
   */
  cut(call: number, when: 'before' | 'after'): void;
  /** Restores the connection, and returns the number of calls since the cut was requested. */
  restore(): number;
  close(): Promise<void>;
}

/** Credentials whose signatures the emulator does not check. */
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

/**
 * Creates a table, if it does not exist. Keys are strings, except that a sort key that ends in `#` is a
 * number.
 */
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
  await callAws(dynamoDb(endpoint, 10_000), testCredentials, 'CreateTable', input);
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
