import { writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { type Answer, send } from './client.ts';
import { type Running, skip } from './running.ts';

/** Milliseconds until a document is in force. The authorizers of a local run poll five times a second, the run reads the file as often. */
export const inForceWithinMs = 10_000;

let documents = 0;

/** The runtime policy as operators change it. It is a file in a local run, and in AppConfig on AWS. */
export function policyFile(running: () => Running) {
  const versionOf = (answer: Answer) => answer.header('x-gateway-policy')?.split('+')[1];
  const write = (policy: object): string => {
    const { local } = running().target;
    if (local === undefined) throw new Error('This gateway has no policy file.');
    documents += 1;
    const version = `e2e-${documents}`;
    writeFileSync(local.policyFile, JSON.stringify({ schema: 1, version, ...policy }));
    return version;
  };
  return {
    /** Writes a document, which may be invalid, and returns its version. */
    write,
    /** Writes a document, and waits until the authorizer uses it. */
    operate: async (policy: object): Promise<void> => {
      const version = write(policy);
      await expect
        .poll(async () => versionOf(await send(running().target.url, '/api/orders')), {
          timeout: inForceWithinMs,
          interval: 50,
        })
        .toBe(version);
    },
    exists: () => running().target.local !== undefined,
    /** Skips the test if the document of this gateway is not a file. */
    skipUnlessExists: (context: Parameters<typeof skip>[0]) => {
      if (running().target.local === undefined)
        skip(context, 'The runtime policy of this gateway is in AppConfig.');
    },
  };
}
