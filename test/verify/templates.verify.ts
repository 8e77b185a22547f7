import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { environmentNames } from '../../lib/config/environment-schema.ts';
import { run } from '../support/command.ts';
import { pythonTools } from '../support/python-tools.ts';
import { templateFiles } from './assembly-files.ts';
import { lintAcknowledgements } from './lint-acknowledgements.ts';
import { synthesise } from './synthesise.ts';

/** A finding in cfn-lint's JSON. */
interface Finding {
  readonly Rule: { readonly Id: string };
  readonly Message: string;
  readonly Filename: string;
  readonly Location: { readonly Path: readonly (string | number)[] | null };
}

const isAcknowledged = (finding: Finding) =>
  lintAcknowledgements.some(({ rule, message }) => rule === finding.Rule.Id && message.test(finding.Message));

describe.each(environmentNames)('the templates of %s', (environment) => {
  it('synthesise without credentials, and pass the policy checks and cfn-lint', async () => {
    const templates = templateFiles(await synthesise(environment));
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
});
