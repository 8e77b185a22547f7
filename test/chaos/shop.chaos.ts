import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { webhookSecretName } from '../../lib/compile/webhook-settings.ts';
import { localCredentials } from '../../lib/local/run/local-credentials.ts';
import { type LocalRun, startLocalRun } from '../../lib/local/run/local-run.ts';
import { createSecretReader } from '../../runtime/aws/secrets-manager.ts';
import {
  databaseBackendKilled,
  type Fault,
  limitStoreKilled,
  limitStorePaused,
  policyCorrupted,
  replacements,
  spoolCorrupted,
  taskKilled,
} from './faults.ts';
import { chaosSeed, randomFrom } from './random.ts';
import { reconcileOrders, rowsOf, unitsOf } from './reconciliation.ts';
import { runShoppers } from './shoppers.ts';

/** Whether the run uses a real Redis, which can be paused and killed. */
const hasRedis = (process.env['REDIS_URL'] ?? '') !== '';
const seed = chaosSeed('The shop under faults');
const shoppers = 10;
// The load balancer answers 502 to a call in progress at a killed task, and 503 without Retry-After while it has no
// healthy task. Such calls were not acknowledged.
const interruptionStatuses = [502, 503];

type Case = readonly [name: string, fault: Fault, allowed: readonly number[]];

describe('the shop on a local run', () => {
  const stateFolder = mkdtempSync(join(tmpdir(), 'gatehouse-chaos-'));
  const notices: string[] = [];
  let run: LocalRun;
  let webhookSecret = '';
  beforeAll(async () => {
    run = await startLocalRun({
      port: 0,
      stateFolder,
      // Starts a server from the PATH, which the faults may kill. Other suites share the one at REDIS_URL.
      environment: { PATH: hasRedis ? process.env['PATH'] : '' },
      accessLog: () => undefined,
      notice: (text) => notices.push(text),
    });
    const [secret] = await createSecretReader(
      localCredentials,
      run.secretsUrl,
    )(webhookSecretName('local', 'stripe'));
    webhookSecret = secret ?? '';
    console.log(`A local run at ${run.url}\n  limit store: ${run.limitStore}\n  events: ${run.eventLog}`);
  });
  afterAll(async () => {
    await run?.close();
    for (const server of replacements) server.kill('SIGKILL');
    rmSync(stateFolder, { recursive: true, force: true });
  });

  const faults: readonly Case[] = [
    ['no fault', () => Promise.resolve(), []],
    ['the policy file is corrupted', policyCorrupted, []],
    ['the spool of the access log is corrupted', spoolCorrupted, []],
    ['a task of the order service is killed', taskKilled('order'), interruptionStatuses],
    ['a task of the inventory service is killed', taskKilled('inventory'), interruptionStatuses],
    ['the consumer of payments is killed', taskKilled('payment'), interruptionStatuses],
    ['a backend of the database is killed', databaseBackendKilled, []],
  ];
  const storeFaults: readonly Case[] = [
    ['the limit store is paused', limitStorePaused, []],
    ['the limit store is killed', limitStoreKilled, []],
  ];
  const all = hasRedis ? [...faults, ...storeFaults] : faults;

  test.each(all)('keeps orders, money, stock and events exact while %s', async (name, fault, allowed) => {
    const random = randomFrom(seed + all.findIndex(([other]) => other === name));
    const products = await rowsOf(
      run,
      'select product_id from inventory.stock where units >= 30 order by product_id',
    );
    const productId = String(products[Math.floor(random() * products.length)]?.['product_id']);
    const units = await unitsOf(run, productId);
    const [ledger] = await Promise.all([
      runShoppers(run, { count: shoppers, productId, webhookSecret, allowed }),
      fault(run, random),
    ]);
    console.log(`${name}: ${JSON.stringify(Object.fromEntries(ledger.statuses))}`);
    expect(ledger.placed.size).toBe(shoppers);
    await reconcileOrders(run, ledger, productId, units);
  });
});
