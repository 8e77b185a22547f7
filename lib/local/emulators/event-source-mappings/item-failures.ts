import { isRecord } from '../../../common/is-record.ts';

/**
 * The identifiers that the response of a function reports as failed, by the rules of
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting:
 * a response without a list is a success; null for a malformed list, which makes the whole batch fail.
 */
export function itemFailures(response: unknown): readonly unknown[] | null {
  const list = isRecord(response) ? response['batchItemFailures'] : undefined;
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) return null;
  const identifiers = list.map((item: unknown) => (isRecord(item) ? item['itemIdentifier'] : undefined));
  return identifiers.every((each) => each !== undefined && each !== null && each !== '') ? identifiers : null;
}
