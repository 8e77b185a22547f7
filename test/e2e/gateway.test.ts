import { afterAll, beforeAll, describe } from 'vitest';
import { accessLogCases } from './access-log.cases.ts';
import { aggregationCases } from './aggregation.cases.ts';
import { aggregationFailureCases } from './aggregation-failures.cases.ts';
import { cohortCases } from './cohort.cases.ts';
import { corsCases } from './cors.cases.ts';
import { credentialCases } from './credential.cases.ts';
import { edgeCases } from './edge.cases.ts';
import { externalCases } from './external.cases.ts';
import { hostileCases } from './hostile.cases.ts';
import { identityCases } from './identity.cases.ts';
import { limitCases } from './limits.cases.ts';
import { meteringCases } from './metering.cases.ts';
import { originCases } from './origin.cases.ts';
import { partnerCases } from './partner.cases.ts';
import { readingCases } from './reading.cases.ts';
import { resilienceCases } from './resilience.cases.ts';
import { revocationCases } from './revocation.cases.ts';
import { routingCases } from './routing.cases.ts';
import { runtimePolicyCases } from './runtime-policy.cases.ts';
import { shoppingCases } from './shopping.cases.ts';
import { type StartedTarget, startTarget } from './start-target.ts';
import { transportCases } from './transport.cases.ts';
import { webhookCases } from './webhook.cases.ts';

// All cases share one gateway, because its start takes longer than most cases.
describe('the gateway, end to end', () => {
  let started: StartedTarget | undefined;
  beforeAll(async () => {
    started = await startTarget(process.env);
  });
  afterAll(() => started?.close());

  const running = () => {
    if (started === undefined) throw new Error('The gateway is not running.');
    return started;
  };
  for (const cases of [
    readingCases,
    routingCases,
    identityCases,
    credentialCases,
    revocationCases,
    limitCases,
    originCases,
    externalCases,
    transportCases,
    edgeCases,
    corsCases,
    accessLogCases,
    runtimePolicyCases,
    partnerCases,
    webhookCases,
    shoppingCases,
    meteringCases,
    hostileCases,
    // These cases stop services, so they run last.
    cohortCases,
    aggregationCases,
    aggregationFailureCases,
    resilienceCases,
  ]) {
    cases(running);
  }
});
