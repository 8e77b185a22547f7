import type {
  AttributeValue,
  DeleteItemCommandInput,
  DynamoDB,
  PutItemCommandInput,
  QueryCommandInput,
  ScanCommandInput,
  UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { sendToAws } from './aws-clients.ts';

/** One item of a table. */
export type Item = Record<string, AttributeValue>;

type Input<T> = Omit<T, 'TableName'>;

/** Whether a conditional write was made; `conflict` when its condition did not hold. */
export type WriteResult = 'written' | 'conflict';

/** One DynamoDB table. Every method throws an OpsError when DynamoDB fails. */
export interface Table {
  /** Reads with strong consistency. */
  get(key: Item): Promise<Item | undefined>;
  put(input: Input<PutItemCommandInput>): Promise<WriteResult>;
  update(input: Input<UpdateItemCommandInput>): Promise<WriteResult>;
  remove(input: Input<DeleteItemCommandInput>): Promise<WriteResult>;
  /** All items of all pages. */
  query(input: Input<QueryCommandInput>): Promise<readonly Item[]>;
  /** All items of all pages. */
  scan(input: Input<ScanCommandInput>): Promise<readonly Item[]>;
}

const conditionFailed = ['ConditionalCheckFailedException'];

export function openTable(dynamodb: DynamoDB, tableName: string): Table {
  const TableName = tableName;
  return {
    async get(Key) {
      const call = dynamodb.getItem({ TableName, Key, ConsistentRead: true });
      return (await sendToAws(`DynamoDB GetItem on ${tableName}`, call))?.Item;
    },
    async put(input) {
      const call = dynamodb.putItem({ TableName, ...input });
      const written = await sendToAws(`DynamoDB PutItem on ${tableName}`, call, conditionFailed);
      return written === undefined ? 'conflict' : 'written';
    },
    async update(input) {
      const call = dynamodb.updateItem({ TableName, ...input });
      const written = await sendToAws(`DynamoDB UpdateItem on ${tableName}`, call, conditionFailed);
      return written === undefined ? 'conflict' : 'written';
    },
    async remove(input) {
      const call = dynamodb.deleteItem({ TableName, ...input });
      const removed = await sendToAws(`DynamoDB DeleteItem on ${tableName}`, call, conditionFailed);
      return removed === undefined ? 'conflict' : 'written';
    },
    query: (input) =>
      allPages(`DynamoDB Query on ${tableName}`, (from) =>
        dynamodb.query({ TableName, ...input, ExclusiveStartKey: from }),
      ),
    scan: (input) =>
      allPages(`DynamoDB Scan on ${tableName}`, (from) =>
        dynamodb.scan({ TableName, ...input, ExclusiveStartKey: from }),
      ),
  };
}

interface Page {
  readonly Items?: Item[] | undefined;
  readonly LastEvaluatedKey?: Item | undefined;
}

async function allPages(
  operation: string,
  read: (from: Item | undefined) => Promise<Page>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let from: Item | undefined;
  do {
    const page = await sendToAws(operation, read(from));
    items.push(...(page?.Items ?? []));
    from = page?.LastEvaluatedKey;
  } while (from !== undefined);
  return items;
}
