import { admitInMemory, reportInMemory, settleInMemory } from './breaker-memory.ts';
import { admitScript, reportScript, settleScript } from './breaker-scripts.ts';
import { executeInMemory } from './memory-script.ts';
import {
  endPartInMemory,
  leasePartInMemory,
  readPartInMemory,
  watchPartInMemory,
  writePartInMemory,
} from './part-memory.ts';
import {
  endPartScript,
  leasePartScript,
  readPartScript,
  watchPartScript,
  writePartScript,
} from './part-scripts.ts';
import { takeScript } from './script.ts';
import type { Script } from './script-runner.ts';
import type { Execution } from './script-twin.ts';
import {
  holdStockInMemory,
  loadStockInMemory,
  readStockInMemory,
  settleStockInMemory,
} from './stock-memory.ts';
import { holdStockScript, loadStockScript, readStockScript, settleStockScript } from './stock-scripts.ts';
import {
  claimDeliveryInMemory,
  enterBacklogInMemory,
  finishDeliveryInMemory,
  leaveBacklogInMemory,
  releaseDeliveryInMemory,
} from './webhook-memory.ts';
import {
  claimDeliveryScript,
  enterBacklogScript,
  finishDeliveryScript,
  leaveBacklogScript,
  releaseDeliveryScript,
} from './webhook-scripts.ts';

/** Every script of the gateway with its twin: what a store without Lua can run. */
export const scriptTwins: readonly { readonly script: Script; readonly execute: Execution }[] = [
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
