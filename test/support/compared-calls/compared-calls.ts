import { appConfigCalls } from './appconfig.ts';
import { cloudFrontCalls } from './cloudfront.ts';
import type { ComparedCall } from './compared-call.ts';
import { dynamoDbCalls, secretsManagerCalls } from './data.ts';
import { messagingCalls } from './messaging.ts';
import { otherServiceCalls } from './other-services.ts';

/** Every use of AWS without the SDK, with the same operations by the SDK. */
export const comparedCalls: readonly ComparedCall[] = [
  ...messagingCalls,
  ...secretsManagerCalls,
  ...dynamoDbCalls,
  ...appConfigCalls,
  ...cloudFrontCalls,
  ...otherServiceCalls,
];

/** Files of the product that call AWS without the SDK. The compared calls use all of them. */
export const comparedFiles: readonly string[] = [
  'lambda/origin-rotation/aws-distribution.ts',
  'lambda/origin-rotation/aws-secret.ts',
  'lambda/partner-plans/usage-plans.ts',
  'runtime/aws/appconfig-data.ts',
  'runtime/aws/aws-json.ts',
  'runtime/aws/aws-rest.ts',
  'runtime/aws/dynamodb-item.ts',
  'runtime/events/msk-cluster.ts',
  'runtime/events/msk-token.ts',
  'runtime/aws/secrets-manager.ts',
  'runtime/aws/sns.ts',
  'runtime/aws/sqs.ts',
  'runtime/limit-store/iam-token.ts',
  'lambda/webhooks/fallback-queue.ts',
  // Creates the tables of the local run.
  'lib/local/emulators/dynamodb/tables.ts',
  'lib/ops/access/appconfig-policy-store.ts',
  'lib/ops/access/aws-access.ts',
  'lib/ops/access/aws-rest-sigv4a.ts',
  'lib/ops/access/aws-rest.ts',
  'lib/ops/access/webhook-dead-letter-queue.ts',
  'lib/ops/access/dynamodb.ts',
  'lib/ops/access/edge-access.ts',
  'lib/ops/access/invoke-function.ts',
  'lib/ops/access/read-secret.ts',
];
