import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { environmentNames } from '../../lib/config/schemas/environment.ts';
import { run } from '../support/command.ts';
import { pythonTools } from '../support/python-tools.ts';
import { templateFiles } from './assembly-files.ts';
import { lintAcknowledgements } from './lint-acknowledgements.ts';
import { policyAcknowledgements } from './policy-acknowledgements.ts';
import { synthesise } from './synthesise.ts';

/** A finding in the JSON of cfn-lint. */
interface Finding {
  readonly Rule: { readonly Id: string };
  readonly Message: string;
  readonly Filename: string;
  readonly Location: { readonly Path: readonly (string | number)[] | null };
}

const isAcknowledged = (finding: Finding) =>
  lintAcknowledgements.some(({ rule, message }) => rule === finding.Rule.Id && message.test(finding.Message));

/** The JSON of checkov for one file, or for no file if there are no findings. */
interface PolicyReport {
  readonly results?: {
    readonly failed_checks: readonly {
      readonly check_id: string;
      readonly check_name: string;
      /** `AWS::Type.LogicalId`. */
      readonly resource: string;
      readonly file_path: string;
    }[];
  };
  readonly summary?: { readonly passed: number; readonly parsing_errors: number };
}

const isReasoned = (check: string, resource: string) =>
  policyAcknowledgements.some((entry) => entry.check === check && entry.resource.test(resource));

// Each test waits for single-threaded programs.
describe.concurrent.each(environmentNames)('the templates of %s', (environment) => {
  let templates: readonly string[];
  beforeAll(async () => {
    templates = templateFiles(await synthesise(environment));
  });

  test('are synthesised without credentials and pass the policy checks and cfn-lint', async () => {
    expect(templates.length).toBeGreaterThanOrEqual(6);
    const { output } = await run(join(pythonTools(), 'cfn-lint'), ['--format', 'json', ...templates]);
    const unexpected = (JSON.parse(output) as Finding[])
      .filter((finding) => !isAcknowledged(finding))
      .map(
        ({ Rule, Message, Filename, Location }) =>
          `${Rule.Id} ${Filename} ${Location.Path?.join('/')}: ${Message}`,
      );
    expect(unexpected).toEqual([]);
  });

  test('pass checkov except acknowledged findings', async () => {
    const { output } = await run(join(pythonTools('requirements-checkov.txt'), 'checkov'), [
      '--framework=cloudformation',
      '--compact',
      '--quiet',
      '--skip-download',
      '--output=json',
      '--file',
      ...templates,
    ]);
    const { results, summary } = JSON.parse(output) as PolicyReport;
    // checkov must have read the templates.
    expect(summary?.passed).toBeGreaterThan(100);
    expect(summary?.parsing_errors).toBe(0);
    const unexpected = (results?.failed_checks ?? [])
      .filter(({ check_id, resource }) => !isReasoned(check_id, resource))
      .map((found) => `${found.check_id} ${found.file_path} ${found.resource}: ${found.check_name}`);
    expect(unexpected).toEqual([]);
  });
});
