import type { AwsCredentials } from './aws-credentials.ts';
import { callAws, dynamoDb } from './aws-json.ts';
import { UnexpectedStatusError } from './http.ts';

/** Attributes by name, each as DynamoDB's JSON has it: `{ S: 'text' }`. Nothing of it has been checked. */
export type Item = Readonly<Record<string, unknown>>;

export interface DynamoTable {
  readonly credentials: AwsCredentials;
  /** Base URL, without a path. */
  readonly endpoint: string;
  readonly tableName: string;
  readonly timeoutMilliseconds: number;
}

/**
 * Reads one item, and reads it consistently, so that what was written before the question counts. Rejects when DynamoDB
 * does not answer in time, or with another status than 200.
 */
export async function getItem(table: DynamoTable, key: Item): Promise<Item | undefined> {
  const { credentials, endpoint, tableName, timeoutMilliseconds } = table;
  const input = { TableName: tableName, Key: key, ConsistentRead: true };
  const { status, text } = await callAws(
    dynamoDb(endpoint),
    credentials,
    'GetItem',
    input,
    timeoutMilliseconds,
  );
  if (status !== 200) throw new UnexpectedStatusError(`GetItem ${tableName} at ${endpoint}`, status);
  const { Item: item } = JSON.parse(text) as { Item?: unknown };
  return typeof item === 'object' && item !== null ? (item as Item) : undefined;
}
