import type { Agent } from 'node:http';
import { UnexpectedStatusError } from '../http/fetch-json.ts';
import type { AwsCredentials } from './aws-credentials.ts';
import { callAws, dynamoDb } from './aws-json.ts';

/** Attributes by name, in DynamoDB's JSON: `{ S: 'text' }`. Unchecked. */
export type Item = Readonly<Record<string, unknown>>;

export interface DynamoTable {
  readonly credentials: AwsCredentials;
  /** Base URL, without a path. */
  readonly endpoint: string;
  readonly tableName: string;
  readonly timeoutMilliseconds: number;
  /** Keeps connections open between calls. @default a new connection per call */
  readonly agent?: Agent;
}

/**
 * Reads one item with a strongly consistent read. Rejects when DynamoDB does not answer in time, or answers
 * with another status than 200.
 */
export async function getItem(table: DynamoTable, key: Item): Promise<Item | undefined> {
  const { Item: item } = await succeed(table, 'GetItem', { Key: key, ConsistentRead: true });
  return typeof item === 'object' && item !== null ? (item as Item) : undefined;
}

/**
 * Reads all items of one partition with strongly consistent reads, in the order of their sort key. Rejects as
 * `getItem` does.
 */
export async function queryItems(
  table: DynamoTable,
  partition: { readonly name: string; readonly value: string },
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let start: unknown;
  do {
    const { Items: page, LastEvaluatedKey: next } = await succeed(table, 'Query', {
      ConsistentRead: true,
      KeyConditionExpression: '#partition = :partition',
      ExpressionAttributeNames: { '#partition': partition.name },
      ExpressionAttributeValues: { ':partition': { S: partition.value } },
      ...(start === undefined ? {} : { ExclusiveStartKey: start }),
    });
    if (Array.isArray(page)) items.push(...(page as Item[]));
    start = next;
  } while (start !== undefined);
  return items;
}

/**
 * Longest keys, in bytes of UTF-8
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html).
 */
export const dynamoItemLimits = { partitionKeyBytes: 2_048, sortKeyBytes: 1_024 } as const;

/**
 * DynamoDB refuses the item itself because of its size or keys (ValidationException), so a retry cannot help.
 * Throttling and missing permissions are also answered with 400 but do not raise this error.
 */
export class InvalidItemError extends UnexpectedStatusError {
  override readonly name = 'InvalidItemError';
}

/** Attributes to set, add to and remove, and the condition that must hold first. */
export interface ItemUpdate {
  /** `SET #a = :a, #b = :b` and other clauses. */
  readonly expression: string;
  readonly condition: string;
  /** Attribute names by their placeholders in the expressions (`#a`). */
  readonly names: Readonly<Record<string, string>>;
  /** Attribute values by their placeholders in the expressions (`:a`). */
  readonly values: Item;
}

/**
 * Updates one item atomically, or creates it.
 *
 * @returns The item after the update; undefined when the condition did not hold and nothing was changed.
 * Rejects as
 * `getItem` does; the update may have been applied all the same.
 */
export async function updateItem(
  table: DynamoTable,
  key: Item,
  { expression, condition, names, values }: ItemUpdate,
): Promise<Item | undefined> {
  const { status, text } = await callDynamoDb(table, 'UpdateItem', {
    Key: key,
    UpdateExpression: expression,
    ConditionExpression: condition,
    ExpressionAttributeNames: names,
    ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
    ReturnValues: 'ALL_NEW',
  });
  if (status === 400 && text.includes('ConditionalCheckFailedException')) return undefined;
  if (status === 400 && /#(?:ValidationException|SerializationException)"/.test(text)) {
    throw new InvalidItemError(`UpdateItem ${table.tableName} at ${table.endpoint}`, status);
  }
  if (status !== 200) throw unexpected(table, 'UpdateItem', status);
  return (JSON.parse(text) as { Attributes?: Item }).Attributes ?? {};
}

/** Deletes one item, if it exists. Rejects as `getItem` does. */
export async function deleteItem(table: DynamoTable, key: Item): Promise<void> {
  await succeed(table, 'DeleteItem', { Key: key });
}

/** The text of an attribute, or undefined when it is missing. */
export function stringAttribute(item: Item | undefined, name: string): string | undefined {
  const text = (item?.[name] as { readonly S?: unknown } | undefined)?.S;
  return typeof text === 'string' ? text : undefined;
}

/** The number of an attribute, or undefined when it is missing. */
export function numberAttribute(item: Item | undefined, name: string): number | undefined {
  const number = (item?.[name] as { readonly N?: unknown } | undefined)?.N;
  return typeof number === 'string' ? Number(number) : undefined;
}

function callDynamoDb(
  { credentials, endpoint, agent, ...table }: DynamoTable,
  operation: string,
  input: Item,
) {
  return callAws(
    { ...dynamoDb(endpoint, table.timeoutMilliseconds), ...(agent === undefined ? {} : { agent }) },
    credentials,
    operation,
    { TableName: table.tableName, ...input },
  );
}

async function succeed(
  table: DynamoTable,
  operation: string,
  input: Item,
): Promise<Readonly<Record<string, unknown>>> {
  const { status, text } = await callDynamoDb(table, operation, input);
  if (status !== 200) throw unexpected(table, operation, status);
  return JSON.parse(text) as Record<string, unknown>;
}

function unexpected({ tableName, endpoint }: DynamoTable, operation: string, status: number): Error {
  return new UnexpectedStatusError(`${operation} ${tableName} at ${endpoint}`, status);
}
