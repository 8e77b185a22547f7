import type { AwsCredentials } from '../../../runtime/aws/aws-credentials.ts';
import { callAws, dynamoDb } from '../../../runtime/aws/aws-json.ts';
import { OpsError } from '../commands/ops-error.ts';

/** One item in DynamoDB's attribute values. */
export type Item = Readonly<Record<string, AttributeValue>>;
export interface AttributeValue {
  readonly S?: string;
  readonly N?: string;
  readonly B?: string;
  readonly BOOL?: boolean;
  readonly SS?: readonly string[];
  readonly L?: readonly AttributeValue[];
  readonly M?: Item;
}

export interface Page {
  readonly Items?: readonly Item[];
  readonly LastEvaluatedKey?: Item;
}

/** One table, as its JSON API has it. Every method throws an OpsError when DynamoDB refuses or is away. */
export interface Table {
  get(key: Item): Promise<Item | undefined>;
  /** `conflict` when the condition of the input does not hold. */
  write(operation: 'PutItem' | 'UpdateItem', input: object): Promise<'written' | 'conflict'>;
  /** Every item of a query or scan, page by page. */
  read(operation: 'Query' | 'Scan', input?: object): Promise<readonly Item[]>;
}

/** @param endpoint Base URL, without a path. */
export function openTable(endpoint: string, credentials: AwsCredentials, tableName: string): Table {
  const service = dynamoDb(endpoint, timeoutMilliseconds);
  const call = async (operation: string, input: object): Promise<unknown> => {
    const { status, text } = await callAws(service, credentials, operation, {
      TableName: tableName,
      ...input,
    }).catch((cause: unknown) => {
      throw new OpsError(
        `DynamoDB at ${endpoint} does not answer (${cause instanceof Error ? cause.message : String(cause)}).`,
        'See that it runs and can be reached, then try again.',
        1,
        { cause },
      );
    });
    if (status === 200) return JSON.parse(text);
    if (text.includes('ConditionalCheckFailedException')) return conflict;
    throw new OpsError(
      `DynamoDB refused ${operation} on ${tableName}: ${text}`,
      'See that the credentials allow it and that the environment is deployed.',
    );
  };
  return {
    async get(key) {
      const answer = (await call('GetItem', { Key: key, ConsistentRead: true })) as { Item?: Item };
      return answer.Item;
    },
    async write(operation, input) {
      return (await call(operation, input)) === conflict ? 'conflict' : 'written';
    },
    async read(operation, input = {}) {
      const items: Item[] = [];
      for (let from: object | undefined = {}; from !== undefined; ) {
        const page = (await call(operation, { ...input, ...from })) as Page;
        items.push(...(page.Items ?? []));
        from = page.LastEvaluatedKey && { ExclusiveStartKey: page.LastEvaluatedKey };
      }
      return items;
    },
  };
}

const timeoutMilliseconds = 10_000;
const conflict = Symbol('conflict');
