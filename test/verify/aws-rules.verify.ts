import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import { scratchFolder } from '../support/scratch.ts';
import { newApp, stageOf } from '../support/synth.ts';

interface Finding {
  readonly ruleName: string;
  readonly reason?: string;
  readonly violatingConstructs: readonly { readonly constructPath: string }[];
}

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly violations: readonly Finding[];
    readonly suppressedViolations?: readonly Finding[];
  }[];
}

const scratch = scratchFolder('nag');

/** Reports of a synthesis with both validations: the CloudFormation validation and cdk-nag. */
function validated(environment: 'dev' | 'staging' | 'prod'): Report['pluginReports'] {
  const app = newApp(join(scratch, environment), 'validated');
  stageOf(app, environment);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  app.synth();
  const report = JSON.parse(readFileSync(join(app.outdir, 'validation-report.json'), 'utf8')) as Report;
  return report.pluginReports;
}

/** `rule at path`, without the environment's name. */
const lines = (findings: readonly Finding[] = []) =>
  findings.flatMap(({ ruleName, violatingConstructs }) =>
    violatingConstructs.map(({ constructPath }) => `${ruleName} at ${constructPath.replace(/^[^/]+\//, '')}`),
  );

describe.each(['dev', 'staging', 'prod'] as const)('the AWS rules for %s', (environment) => {
  const reports = validated(environment);

  test('find no violation that is not acknowledged', () => {
    expect(reports.map(({ pluginName }) => pluginName)).toEqual(
      expect.arrayContaining(['CloudFormation Validate', 'AwsSolutions']),
    );
    expect(reports.flatMap(({ violations }) => lines(violations))).toEqual([]);
  });

  test('have exactly the acknowledgements of the snapshot, each with a reason', async () => {
    const acknowledged = reports.flatMap(({ suppressedViolations }) => suppressedViolations ?? []);
    expect(acknowledged.filter(({ reason }) => (reason ?? '').length < 30)).toEqual([]);
    const text = `${lines(acknowledged).sort().join('\n')}\n`;
    await expect(text).toMatchFileSnapshot(`../snapshots/${environment}/acknowledgements.txt`);
  });
});
