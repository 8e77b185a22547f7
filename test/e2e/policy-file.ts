import { writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { type Answer, send } from './client.ts';
import { type Running, skip } from './running.ts';

/** The authorizers of a local run poll each second, and the file is looked at five times a second. */
export const inForceWithinMs = 10_000;

let documents = 0;

/** What operators do to the runtime policy. It is a file in a local run, and in AppConfig elsewhere. */
export function policyFile(running: () => Running) {
  const versionOf = (answer: Answer) => answer.header('x-gateway-policy')?.split('+')[1];
  const write = (policy: object): string => {
    const { local } = running().target;
    if (local === undefined) throw new Error('There is no file to write to.');
    documents += 1;
    const version = `e2e-${documents}`;
    writeFileSync(local.policyFile, JSON.stringify({ schema: 1, version, ...policy }));
    return version;
  };
  return {
    /** Writes a document and gives its version, whether it will be in force or not. */
    write,
    /** Writes a document, and waits until the authorizer decides by it. */
    operate: async (policy: object): Promise<void> => {
      const version = write(policy);
      await expect
        .poll(async () => versionOf(await send(running().target.url, '/api/orders')), {
          timeout: inForceWithinMs,
          interval: 200,
        })
        .toBe(version);
    },
    isThere: () => running().target.local !== undefined,
    /** Skips a test of a gateway whose document is elsewhere. */
    needed: (test: Parameters<typeof skip>[0]) => {
      if (running().target.local === undefined) skip(test, 'The document of this gateway is in AppConfig.');
    },
  };
}
