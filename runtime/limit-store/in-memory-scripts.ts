import { admitScript, reportScript, settleScript } from './breaker-scripts.ts';
import { admitInMemory, reportInMemory, settleInMemory } from './in-memory-breaker.ts';
import { takeInMemory } from './in-memory-limits.ts';
import {
  endPartInMemory,
  leasePartInMemory,
  readPartInMemory,
  watchPartInMemory,
  writePartInMemory,
} from './in-memory-parts.ts';
import type { InMemoryScript } from './in-memory-script.ts';
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

/** A Lua script and its equivalent in TypeScript, for a limit store without Lua. */
export interface InMemoryTwin {
  readonly script: Script;
  readonly execute: InMemoryScript;
}

/** The gateway's scripts. Those of the shop are `inMemoryStockScripts` of the inventory service. */
export const inMemoryScripts: readonly InMemoryTwin[] = [
  { script: takeScript, execute: takeInMemory },
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
];
