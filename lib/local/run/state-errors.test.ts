import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openKeyValues } from '../emulators/cloudfront/key-values.ts';
import { startTables } from '../emulators/dynamodb/tables.ts';
import { requireReadableOffsets } from '../emulators/kafka/consumer-group-offsets.ts';
import { apiKeyValues } from '../emulators/rest-api/api-key-values.ts';
import { startSecretsManager } from '../emulators/secrets-manager/secrets-manager.ts';
import { sampleDeployment } from '../engine/testing/literal-deployment.ts';
import { openAppendOnlyLog } from './append-only-log.ts';
import { openSigningKeys } from './issuer/signing-keys.ts';
import { StateError } from './state-error.ts';

/** With any state, a run starts or names the invalid file and the remedy; it never fails later. */

const deployment = sampleDeployment({
  Secret: { type: 'AWS::SecretsManager::Secret', properties: { Name: 'origin-secret' } },
  Key: { type: 'AWS::ApiGateway::ApiKey', properties: { Name: 'demo' } },
  Table: {
    type: 'AWS::DynamoDB::GlobalTable',
    properties: {
      KeySchema: [{ AttributeName: 'a', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'a', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    },
  },
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-state-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const zero = () => 0;
const openers: Readonly<Record<string, readonly [file: string, open: () => Promise<void>]>> = {
  'signing keys': ['issuer-keys.json', async () => void (await openSigningKeys(folder))],
  'a secret': ['origin-secret', async () => (await startSecretsManager(deployment, folder, zero)).close()],
  'a rotated secret': [
    'origin-secret.rotated',
    async () => (await startSecretsManager(deployment, folder, zero)).close(),
  ],
  'an API key': ['api-key-demo', async () => void (await apiKeyValues(deployment, folder, zero))],
  'switches of the edge': [
    'key-values.json',
    async () => void openKeyValues(join(folder, 'key-values.json')),
  ],
  'the place of a group': ['groups/metering/orders.json', async () => requireReadableOffsets(folder)],
  'the tables': ['CURRENT', async () => await (await startTables(deployment, folder)).close()],
};

const garbage = [
  '',
  '{',
  'null',
  '[]',
  '7',
  '"text"',
  '{"line":-1,"byte":0}',
  '\u0000\u0000',
  'é'.repeat(32),
  '[1,2]',
];

describe.each(Object.entries(openers))('%s', (_, [file, open]) => {
  test.each(garbage)(
    'with the content %j is refused; the error names the file and the remedy',
    async (text) => {
      const path = join(folder, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      const outcome = await open().then(
        () => 'opened',
        (error: unknown) => error,
      );
      expect(outcome).toBeInstanceOf(StateError);
      expect(String(outcome)).toContain(file === 'CURRENT' ? folder : path);
      expect(String(outcome)).toContain('npm start -- --reset');
    },
  );

  test('that is a folder is refused; the error names the file and the remedy', async () => {
    mkdirSync(join(folder, file), { recursive: true });
    await expect(open()).rejects.toThrow(/cannot be read: [\s\S]*npm start -- --reset/);
  });

  test('is created when it is missing and can be read again', async () => {
    await expect(open()).resolves.toBeUndefined();
    await expect(open()).resolves.toBeUndefined();
  });
});

test('refuses a journal that is a folder, and skips incomplete lines of a journal', () => {
  mkdirSync(join(folder, 'queue.jsonl'));
  expect(() => openAppendOnlyLog(join(folder, 'queue.jsonl'), () => [])).toThrow(
    /queue\.jsonl cannot be read: EISDIR/,
  );
  writeFileSync(join(folder, 'other.jsonl'), '{"a":1}\n\u0000\u0000{\n{"a":2}\n{"a"');
  const journal = openAppendOnlyLog(join(folder, 'other.jsonl'), () => []);
  expect(journal.earlier).toEqual([{ a: 1 }, { a: 2 }]);
  journal.close();
  expect(readdirSync(folder).sort()).toEqual(['other.jsonl', 'queue.jsonl']);
});
