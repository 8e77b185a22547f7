import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { environmentNames } from '../../lib/config/environment-schema.ts';
import { run } from '../support/command.ts';
import { pythonTools } from '../support/python-tools.ts';
import { synthesise } from '../support/synth.ts';
import { templateFiles } from './assembly-files.ts';

describe.each(environmentNames)('the templates of %s', (environment) => {
  it('synthesise without credentials and pass the policy checks and cfn-lint', async () => {
    const templates = templateFiles(await synthesise(environment));
    expect(templates).not.toEqual([]);
    // Ignores, each with its reason, are in .cfnlintrc.yaml.
    const lint = await run(join(pythonTools(), 'cfn-lint'), templates);
    expect(lint).toEqual({ code: 0, output: '' });
  });
});
