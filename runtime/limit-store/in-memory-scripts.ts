import {
  holdStockInMemory,
  loadStockInMemory,
  readStockInMemory,
  settleStockInMemory,
} from '../../services/inventory/stock/in-memory-stock-scripts.ts';
import {
  holdStockScript,
  loadStockScript,
  readStockScript,
  settleStockScript,
} from '../../services/inventory/stock/stock-scripts.ts';
import { admitScript, reportScript, settleScript } from './breaker-scripts.ts';
import { admitInMemory, reportInMemory, settleInMemory } from './in-memory-breaker.ts';
import { executeInMemory } from './in-memory-limits.ts';
import {
  endPartInMemory,
  leasePartInMemory,
  readPartInMemory,
  watchPartInMemory,
  writePartInMemory,
} from './in-memory-parts.ts';
import type { Execution } from './in-memory-script.ts';
import {
  claimDeliveryInMemory,
  enterBacklogInMemory,
  finishDeliveryInMemory,
  leaveBacklogInMemory,
  releaseDeliveryInMemory,
} from './in-memory-webhooks.ts';
import { takeScript } from './limit-script.ts';
import {
  endPartScript,
  leasePartScript,
  readPartScript,
  watchPartScript,
  writePartScript,
} from './part-scripts.ts';
import type { Script } from './script-runner.ts';
import {
  claimDeliveryScript,
  enterBacklogScript,
  finishDeliveryScript,
  leaveBacklogScript,
  releaseDeliveryScript,
} from './webhook-scripts.ts';

/** Every script of the gateway with its twin: what a store without Lua can run. */
export const inMemoryScripts: readonly { readonly script: Script; readonly execute: Execution }[] = [
  { script: takeScript, execute: executeInMemory },
  { script: admitScript, execute: admitInMemory },
  { script: reportScript, execute: reportInMemory },
  { script: settleScript, execute: settleInMemory },
  { script: readPartScript, execute: readPartInMemory },
  { script: writePartScript, execute: writePartInMemory },
  { script: leasePartScript, execute: leasePartInMemory },
  { script: watchPartScript, execute: watchPartInMemory },
  { script: endPartScript, execute: endPartInMemory },
  { script: claimDeliveryScript, execute: claimDeliveryInMemory },
  { script: finishDeliveryScript, execute: finishDeliveryInMemory },
  { script: releaseDeliveryScript, execute: releaseDeliveryInMemory },
  { script: enterBacklogScript, execute: enterBacklogInMemory },
  { script: leaveBacklogScript, execute: leaveBacklogInMemory },
  { script: holdStockScript, execute: holdStockInMemory },
  { script: settleStockScript, execute: settleStockInMemory },
  { script: loadStockScript, execute: loadStockInMemory },
  { script: readStockScript, execute: readStockInMemory },
];
