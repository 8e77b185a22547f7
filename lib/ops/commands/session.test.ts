import { expect, test } from 'vitest';
import type { GatewayAccess } from '../access/gateway-access.ts';
import { OpsError } from './ops-error.ts';
import { type ChangeOptions, confirm, type OpsPorts, type Session } from './session.ts';

/** As far as a confirmation reads it. */
function session(isProduction: boolean, options: Partial<ChangeOptions>, answer?: string) {
  const gateway: Pick<GatewayAccess, 'environment' | 'isProduction'> = { environment: 'prod', isProduction };
  const ask = answer === undefined ? undefined : () => Promise.resolve(answer);
  const ports: Pick<OpsPorts, 'ask'> = { ask };
  return { gateway, ports, options, command: 'plans set pro' } as Session<ChangeOptions>;
}

test.each([
  ['another environment', session(false, {})],
  ['--yes', session(true, { yes: true })],
  ['the name typed', session(true, {}, 'prod\n')],
])('a change goes on with %s', async (_, given) => {
  await expect(confirm(given, 'A change')).resolves.toBeUndefined();
});

test.each([
  ['nobody is there to ask', session(true, {}), 2],
  ['something else is typed', session(true, {}, 'yes'), 1],
])('a change in production stops when %s', async (_, given, exitCode) => {
  const stopped = confirm(given, 'A change');
  await expect(stopped).rejects.toThrow(OpsError);
  await expect(stopped).rejects.toMatchObject({ exitCode });
});
