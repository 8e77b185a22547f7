import { buildDecision } from '../../lambda/auth/decision/decision.ts';
import { decisionMetrics } from '../../lambda/auth/decision/decision-metrics.ts';
import { preparePolicy } from '../../lambda/auth/decision/prepared-policy.ts';
import { policy } from '../../lambda/auth/testing/decision-fixtures.ts';

/** CloudWatch Logs in eu-west-1, November 2026 (https://aws.amazon.com/cloudwatch/pricing/). */
const dollarsPerGigabyte = 0.57;

/** Log bytes and cost of the metrics line of a decision. */
export function metricsCost(): string {
  const { routes } = preparePolicy(policy);
  const route = routes.get('GET /api/orders');
  if (route === undefined) throw new Error('The policy of the tests has no route GET /api/orders.');
  const decision = buildDecision('allow', 'ok', { policyVersion: 'catalogue-0123456789ab+none', route });
  const line = decisionMetrics(decision, 'prod', { refused: 0, failedPolls: 0, ageSeconds: 12 }, Date.now());
  // CloudWatch Logs adds 26 bytes to each event.
  const bytes = Buffer.byteLength(line) + 26;
  const dollars = (bytes / 1_000) * dollarsPerGigabyte;
  return `metrics of an ordinary decision: ${bytes} bytes of log, ${dollars.toFixed(2)} USD for a million\n`;
}
