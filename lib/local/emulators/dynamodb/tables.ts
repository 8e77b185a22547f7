import type { RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import dynalite from 'dynalite';
import { z } from 'zod';
import { callAws, dynamoDb } from '../../../../runtime/aws/aws-json.ts';
import type { Deployment } from '../../engine/assembly.ts';
import { readResources, resourceType } from '../../engine/resource-type.ts';
import { UnsupportedFeatures } from '../../engine/unsupported.ts';
import { localCredentials } from '../../run/local-credentials.ts';
import { loopback } from '../../run/processes/ports.ts';
import { stateError } from '../../run/state-error.ts';
import { makeStateFolder } from '../../run/state-folder.ts';
import { requireLoopbackHost } from '../http/loopback-server.ts';
import { demoClients } from './demo-clients.ts';

/** The DynamoDB tables of the templates, served through the DynamoDB API. */
export interface Tables {
  /** For `AWS_ENDPOINT_URL_DYNAMODB`. */
  readonly url: string;
  close(): Promise<void>;
}

const tableType = resourceType({
  type: 'AWS::DynamoDB::GlobalTable',
  emulated: {
    TableName: z.string().optional(),
    KeySchema: z.array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) })),
    AttributeDefinitions: z.array(
      z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) }),
    ),
    BillingMode: z.literal('PAY_PER_REQUEST'),
  },
  ignored: {
    Replicas: 'the local run has one region and no encryption or backups',
    SSESpecification: 'the local run does not encrypt data',
    TimeToLiveSpecification: 'DynamoDB itself may keep an expired item for days',
    WriteOnDemandThroughputSettings: 'the local run does not throttle',
  },
});

/**
 * Serves the tables of the templates and creates missing ones. A new clients table receives two demo clients.
 *
 * @param folder the folder of the database; no other run may use it.
 * @throws {UnsupportedError} when a table uses a property that is not emulated.
 */
export async function startTables(deployment: Deployment, folder: string): Promise<Tables> {
  const findings = new UnsupportedFeatures();
  const declared = readResources(deployment, tableType, findings);
  findings.throwIfAny();

  makeStateFolder(folder);
  await requireReadable(folder);
  const server = dynalite({ path: folder, createTableMs: 0 });
  const [serve] = server.listeners('request') as RequestListener[];
  if (serve !== undefined) server.removeAllListeners('request').on('request', requireLoopbackHost(serve));
  await new Promise<void>((listening) => server.listen(0, loopback, listening));
  const url = `http://${loopback}:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((closed) => {
      server.close(() => closed());
      server.closeAllConnections();
    });
  try {
    await Promise.all(
      declared.map(({ resource, properties: { TableName = resource.id, ...rest } }) =>
        makeTable(url, { TableName, ...rest }, resource.logicalId === 'ClientsTable'),
      ),
    );
  } catch (error) {
    await close();
    throw error;
  }
  return { url, close };
}

/**
 * Checks that the database can be read: dynalite ends the process when it cannot.
 *
 * @throws {StateError}
 */
async function requireReadable(folder: string): Promise<void> {
  try {
    // The same package that dynalite uses.
    const { Level } = createRequire(createRequire(import.meta.url).resolve('dynalite'))(
      'level',
    ) as LevelModule;
    const database = new Level(folder, { valueEncoding: 'json' });
    await database.open();
    try {
      for await (const _ of database.iterator());
    } finally {
      await database.close();
    }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw stateError(folder, cause);
  }
}

interface LevelModule {
  readonly Level: new (
    folder: string,
    options: object,
  ) => {
    open(): Promise<void>;
    close(): Promise<void>;
    iterator(): AsyncIterable<unknown>;
  };
}

async function makeTable(
  url: string,
  table: { readonly TableName: string },
  hasClients: boolean,
): Promise<void> {
  if (!(await done(url, 'CreateTable', table, 'ResourceInUseException'))) return;
  // As in DynamoDB, a new table becomes available after a moment.
  while (!(await done(url, 'Scan', { TableName: table.TableName, Limit: 1 }, 'ResourceNotFoundException')));
  if (!hasClients) return;
  for (const Item of demoClients) await done(url, 'PutItem', { TableName: table.TableName, Item });
}

/** False when the operation failed with the expected error. */
async function done(url: string, operation: string, input: object, expected?: string): Promise<boolean> {
  const service = dynamoDb(url, 10_000);
  const { status, text } = await callAws(service, localCredentials, operation, input);
  if (status === 200) return true;
  if (expected !== undefined && text.includes(expected)) return false;
  throw new Error(`${operation} of the local tables failed: ${text}`);
}
