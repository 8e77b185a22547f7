import { isRecord } from '../../engine/intrinsics.ts';

/**
 * The identifiers that a function's answer reports as failed, by the rules of
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting:
 * an answer without a list is a success; null when a list is malformed, which makes the whole batch a failure.
 */
export function itemFailures(answer: unknown): readonly unknown[] | null {
  const list = isRecord(answer) ? answer['batchItemFailures'] : undefined;
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) return null;
  const identifiers = list.map((item: unknown) => (isRecord(item) ? item['itemIdentifier'] : undefined));
  return identifiers.every((each) => each !== undefined && each !== null && each !== '') ? identifiers : null;
}
