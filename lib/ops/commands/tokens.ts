import type { Command } from 'commander';
import { tokenCallerKey, tokenClient } from '../../../runtime/tokens/identity.ts';
import { applyRecordedChange } from './change-record.ts';
import { OpsError, usageError } from './ops-error.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, changeCommand, type OpsPorts, type Session } from './session.ts';

interface RevokeOptions {
  readonly user: string;
  readonly issuer?: string;
  readonly id?: string;
  readonly application?: string;
}

/** When a revocation is in force. */
export const revocationEffect = 'from the next call on, in every process';

/** `tokens`: revokes tokens of users before they expire. */
export function addTokens(program: Command, ports: OpsPorts): void {
  const tokens = program.command('tokens').description('Revocation of user tokens.');
  changeCommand<RevokeOptions>(
    tokens
      .command('revoke')
      .description('revoke all tokens of a user that were issued until now, or only some')
      .requiredOption('--user <subject>', 'the user: claim sub')
      .option('--id <jti>', 'only this token: claim jti')
      .option('--application <client>', 'only tokens of this application: claim client_id or azp')
      .option('--issuer <url>', 'issuer of the tokens (default the first of the catalogue)'),
    ports,
    revoke,
  );
}

async function revoke(session: Session<RevokeOptions & ChangeOptions>): Promise<Report> {
  const { gateway, options, ports } = session;
  const { user, id, application } = options;
  if (id !== undefined && application !== undefined) {
    throw usageError('--id and --application cannot be combined.', 'Give one of them.');
  }
  const { issuers } = gateway.catalogue;
  const issuer = options.issuer ?? issuers[0]?.issuer ?? '';
  const known = issuers.find((candidate) => candidate.issuer === issuer);
  if (known === undefined) {
    throw new OpsError(
      `${gateway.environment} does not accept tokens of ${issuer}.`,
      `Use one of: ${issuers.map((candidate) => candidate.issuer).join(', ')}.`,
    );
  }
  const what = id ?? (application === undefined ? 'all until now' : `all of ${application} until now`);
  return await applyRecordedChange(session, {
    document: `tokens:${user}`,
    changes: [{ path: user, after: { revoked: what, issuer, at: new Date(ports.now()).toISOString() } }],
    effect: revocationEffect,
    apply: async () => {
      const caller = tokenCallerKey(known, user);
      if (id !== undefined) await gateway.revoke({ kind: 'token', caller, name: id });
      else if (application !== undefined)
        await gateway.revoke({ kind: 'application', caller, name: tokenClient(known, application) });
      else await gateway.revoke({ kind: 'everything', caller });
      return { user, revoked: what };
    },
  });
}
