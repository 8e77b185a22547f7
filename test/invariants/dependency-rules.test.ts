import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

/** A file and what it imports. One import that breaks each dependency rule of docs/architecture.md. */
const breaches: readonly (readonly [file: string, imported: string])[] = [
  ['lib/common/x.ts', '../config/index.ts'],
  ['lib/config/x.ts', 'aws-cdk-lib'],
  ['lib/config/x.ts', '../../runtime/policy/runtime-policy.ts'],
  ['lib/config/rules/x.ts', '../../compile/compositions.ts'],
  ['lib/compile/x.ts', 'aws-cdk-lib/aws-lambda'],
  ['lib/compile/x.ts', '../features/edge/distribution.ts'],
  ['lib/compile/x.ts', '../../lambda/auth/decision/decide.ts'],
  ['lib/features/edge/x.ts', '../../stacks/edge-stack.ts'],
  ['lib/features/edge/x.ts', '../../local/run/local-run.ts'],
  ['lib/features/auth/x.ts', '../../../lambda/auth/decision/decide.ts'],
  ['lib/features/services/x.ts', '../../../services/order/order-routes.ts'],
  ['lib/stacks/x.ts', '../local/run/local-run.ts'],
  ['lib/stacks/x.ts', '../gateway-stage.ts'],
  ['lib/stacks/x.ts', '../../lambda/auth/decision/decide.ts'],
  ['lib/gateway-stage.ts', './ops/program.ts'],
  ['lib/local/run/x.ts', 'constructs'],
  ['lib/local/run/x.ts', '../../stacks/api-stack.ts'],
  ['lib/local/emulators/sqs/x.ts', '../../../features/webhooks/webhook-ingestion.ts'],
  ['lib/local/emulators/sqs/x.ts', '../../../../lambda/webhooks/delivery.ts'],
  ['lib/local/run/x.ts', '../../../services/order/order.ts'],
  ['lib/ops/commands/x.ts', '../../local/run/local-run.ts'],
  ['lib/ops/commands/x.ts', '../../../lambda/auth/decision/decide.ts'],
  ['lib/ops/x.ts', '../stacks/api-stack.ts'],
  ['runtime/events/x.ts', '../../lambda/events/contract.ts'],
  ['runtime/events/x.ts', '../../services/order/order.ts'],
  ['runtime/events/x.ts', '../../lib/config/index.ts'],
  ['lambda/auth/decision/x.ts', '../../aggregation/compose.ts'],
  ['lambda/auth/decision/x.ts', '../../events/contract.ts'],
  ['lambda/metering/x.ts', '../../lib/config/index.ts'],
  ['lambda/webhook-drain/x.ts', '../webhooks/delivery.ts'],
  ['services/order/x.ts', '../../lambda/auth/contract.ts'],
  ['services/order/x.ts', '../../lib/config/index.ts'],
];

/** Imports of the same shapes that the rules allow. */
const allowed: typeof breaches = [
  ['lib/config/rules/x.ts', '../schemas/services.ts'],
  ['lib/compile/x.ts', '../../lambda/auth/contract.ts'],
  ['lib/features/edge/x.ts', 'aws-cdk-lib'],
  ['lib/features/public-api/x.ts', '../services/refusal-status-codes.ts'],
  ['lib/stacks/x.ts', '../features/edge/distribution.ts'],
  ['lib/local/run/x.ts', '../emulators/lambda/functions.ts'],
  ['lib/ops/commands/x.ts', '../../local/run/run-records.ts'],
  ['runtime/events/x.ts', '../http/request-target.ts'],
  ['lambda/auth/decision/x.ts', '../../../runtime/events/event-log.ts'],
  ['lambda/events/x.ts', './facts.ts'],
  ['services/order/x.ts', '../../runtime/events/event-log.ts'],
];

const project = mkdtempSync(join(tmpdir(), 'gatehouse-dependency-rules-'));
afterAll(() => rmSync(project, { recursive: true }));

const name = (index: number) => `${index}.ts`;
const place = (index: number, [file, imported]: readonly [string, string]) => {
  // The stage is one file, not a folder.
  const path = file === 'lib/gateway-stage.ts' ? file : file.replace('x.ts', name(index));
  mkdirSync(join(project, dirname(path)), { recursive: true });
  writeFileSync(join(project, path), `import { x } from '${imported}';\nexport const y = x;\n`);
  return path;
};

/** Files with an import that oxlint refuses, by the project's rules. */
function refusedFiles(): ReadonlySet<string> {
  copyFileSync('.oxlintrc.json', join(project, '.oxlintrc.json'));
  let report: string;
  try {
    report = execFileSync(resolve('node_modules/.bin/oxlint'), ['--format', 'json', '.'], {
      cwd: project,
      encoding: 'utf8',
    });
  } catch (error) {
    report = (error as { readonly stdout: string }).stdout;
  }
  const { diagnostics } = JSON.parse(report) as {
    readonly diagnostics: readonly { readonly code: string; readonly filename: string }[];
  };
  return new Set(
    diagnostics.filter(({ code }) => code.includes('no-restricted-imports')).map(({ filename }) => filename),
  );
}

describe('the dependency rules', () => {
  const refused = breaches.map((breach, index) => [place(index, breach), breach] as const);
  const passed = allowed.map((one, index) => [place(breaches.length + index, one), one] as const);
  const found = refusedFiles();

  test.each(refused)('refuse %s with the import %s', (path) => {
    expect(found).toContain(path);
  });

  test.each(passed)('allow %s with the import %s', (path) => {
    expect(found).not.toContain(path);
  });
});
