import { describe, expect, test } from 'vitest';
import type { opsRunner } from '../support/ops-runner.ts';

type Run = ReturnType<typeof opsRunner>;

interface LaunchDay {
  /** Runs a command, whatever its exit code. */
  readonly give: Run;
  /** Runs a command that must succeed. */
  readonly ops: Run;
  /** Options of a command that reads, and of one that changes. */
  readonly asked: readonly string[];
  readonly changed: readonly string[];
  readonly policy: () => Promise<unknown>;
}

/** Commands of a launch day: what is in force, what ends it, what a key or a client may do. */
export function launchDayCases({ give, ops, asked, changed, policy }: LaunchDay): void {
  describe('launch day', () => {
    test('a dry run needs no reason, a change does', async () => {
      const set = ['plans', 'set', 'pro', '--requests', '2M', ...asked];
      expect((await ops(...set, '--dry-run')).json).toMatchObject({ dryRun: true, changed: false });
      expect(await give(...set)).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining("required option '--reason <text>' not specified"),
      });
    });

    test('a plan returns to the catalogue', async () => {
      await ops('plans', 'set', 'pro', '--requests', '2M', ...changed);
      expect((await ops('plans', 'reset', 'pro', ...changed)).json).toMatchObject({ changed: true });
      expect(await policy()).toMatchObject({ plans: {} });
      expect((await ops('plans', 'reset', 'pro', ...changed)).json).toMatchObject({ changed: false });
      expect((await give('plans', 'reset', 'none', ...changed)).exitCode).toBe(1);
    });

    test('additional requests are listed and end', async () => {
      await ops('quota', 'grant', 'acme', '--requests', '+5000', '--until', '7d', ...changed);
      const { grants } = (await ops('quota', 'list', '--client', 'acme', ...asked)).json as {
        grants: object[];
      };
      expect(grants).toContainEqual(
        expect.objectContaining({ clientId: 'acme', requests: 5_000, reason: 'a test' }),
      );
      await ops('quota', 'end', 'acme', ...changed);
      expect((await ops('quota', 'list', '--client', 'acme', ...asked)).json).toMatchObject({ grants: [] });
      expect((await give('quota', 'end', 'acme', ...changed)).exitCode).toBe(1);
    });

    test('maintenance has a status', async () => {
      expect((await ops('maintenance', 'status', ...asked)).json).toMatchObject({ maintenance: null });
      expect((await ops('maintenance', 'status', '--local')).stdout).toBe('local is in service.');
    });

    test('what a key may do is listed and changed, and a key without permissions is said', async () => {
      await ops('clients', 'add', 'shop-8', '--plan', 'basic', ...changed);
      const made = await ops('keys', 'create', 'shop-8', '--local', '--reason', 'a test');
      expect(made.stdout).toContain('The key has no permissions');
      const keysOf = async () =>
        ((await ops('keys', 'list', '--client', 'shop-8', ...asked)).json as { keys: { keyId: string }[] })
          .keys;
      const [{ keyId } = { keyId: '' }] = await keysOf();
      await ops('keys', 'set', keyId, '--permissions', 'orders:read', '--expires', '2999-01-01', ...changed);
      expect(await keysOf()).toMatchObject([
        { keyId, permissions: ['orders:read'], addresses: null, expiresAt: '2999-01-01T00:00:00.000Z' },
      ]);
      await ops('keys', 'set', keyId, '--permissions', 'none', '--expires', 'never', ...changed);
      expect(await keysOf()).toMatchObject([{ permissions: [], expiresAt: null, state: 'active' }]);
      expect((await give('keys', 'set', keyId, ...changed)).exitCode).toBe(2);

      await ops('clients', 'remove', 'shop-8', ...changed);
      expect((await give('clients', 'show', 'shop-8', ...asked)).exitCode).toBe(1);
      expect((await give('keys', 'set', keyId, '--permissions', 'orders:read', ...changed)).stderr).toContain(
        'has ended',
      );
    });

    test('clients list --all has the applications that the policy names', async () => {
      await ops('clients', 'set', 'mobile-app', '--plan', 'pro', ...changed);
      const ids = async (...more: string[]) =>
        (
          (await ops('clients', 'list', ...more, ...asked)).json as { clients: { clientId: string }[] }
        ).clients.map(({ clientId }) => clientId);
      expect(await ids()).not.toContain('mobile-app');
      expect(await ids('--all')).toContain('mobile-app');
      await ops('clients', 'reset', 'mobile-app', ...changed);
      expect(await ids('--all')).not.toContain('mobile-app');
    });
  });
}
