import {
  type BlockedAddress,
  blockPrefix,
  type KilledPath,
  killKey,
  maxValueLength,
} from '../../features/edge/viewer-request/kill-switches.ts';
import type { EdgeAccess, EdgeSwitches } from '../access/edge-access.ts';
import { applyRecordedChange } from './change-record.ts';
import type { Change } from './document-difference.ts';
import { dateOf, type ExpiryOption, expiryOf, hasExpired } from './edge-expiry.ts';
import { OpsError } from './ops-error.ts';
import type { Report } from './report.ts';
import type { ChangeOptions, Session } from './session.ts';

export interface KillOptions extends ExpiryOption {
  readonly retryAfter: number;
}

const effect = 'at every edge location within seconds';

/** Refuses an address or a network. */
export async function blockAddress(
  session: Session<ExpiryOption & ChangeOptions>,
  what = '',
): Promise<Report> {
  const { ports, options } = session;
  const until = expiryOf(options, ports);
  const entry: BlockedAddress = { until, reason: options.reason };
  return await changeSwitches(session, `edge:${what}`, ({ blocked }) => {
    const before = blocked.get(what);
    return {
      changes: changeOf(`blocked[${JSON.stringify(what)}]`, before?.until, until),
      values: new Map([[`${blockPrefix}${what}`, JSON.stringify(entry)]]),
    };
  });
}

/** Takes its calls again. */
export async function unblockAddress(session: Session<ChangeOptions>, what = ''): Promise<Report> {
  return await changeSwitches(session, `edge:${what}`, ({ blocked }) => ({
    changes: changeOf(`blocked[${JSON.stringify(what)}]`, blocked.get(what)?.until, undefined),
    values: new Map([[`${blockPrefix}${what}`, undefined]]),
  }));
}

/** Switches off a path and all below it. */
export async function killPath(session: Session<KillOptions & ChangeOptions>, what = ''): Promise<Report> {
  const { ports, options } = session;
  const entry: KilledPath = {
    path: what,
    retryAfterSeconds: options.retryAfter,
    until: expiryOf(options, ports),
  };
  return await changeSwitches(session, `edge:${what}`, ({ killed }) => {
    const before = killed.find(({ path: known }) => known === what);
    return {
      changes:
        JSON.stringify(before) === JSON.stringify(entry)
          ? []
          : [
              {
                path: `killed[${JSON.stringify(what)}]`,
                ...(before === undefined ? {} : { before }),
                after: entry,
              },
            ],
      values: killSwitchValue([...without(killed, what, ports.now()), entry]),
    };
  });
}

/** Takes calls there again. */
export async function restorePath(session: Session<ChangeOptions>, what = ''): Promise<Report> {
  return await changeSwitches(session, `edge:${what}`, ({ killed }) => {
    const before = killed.find(({ path: known }) => known === what);
    return {
      changes: before === undefined ? [] : [{ path: `killed[${JSON.stringify(what)}]`, before }],
      values: killSwitchValue(without(killed, what, session.ports.now())),
    };
  });
}

interface SwitchChange {
  readonly changes: readonly Change[];
  readonly values: ReadonlyMap<string, string | undefined>;
}

async function changeSwitches(
  session: Session<ChangeOptions>,
  document: string,
  edit: (switches: EdgeSwitches) => SwitchChange,
): Promise<Report> {
  const edge: EdgeAccess = await session.gateway.edge();
  const switches = await edge.switches();
  const { changes, values } = edit(switches);
  return await applyRecordedChange(session, {
    document,
    changes,
    effect,
    apply: async () => {
      const written = await edge.write(
        switches.version,
        new Map([...endedBlocks(switches, session.ports.now()), ...values]),
      );
      return written === 'conflict' ? 'conflict' : {};
    },
  });
}

/** Blocks that have ended by themselves leave the store with the next change, a few at a time. */
function endedBlocks({ blocked }: EdgeSwitches, now: number): [string, undefined][] {
  return [...blocked]
    .filter(([, { until }]) => hasExpired(until, now))
    .slice(0, 40)
    .map(([what]) => [`${blockPrefix}${what}`, undefined]);
}

const without = (killed: readonly KilledPath[], what: string, now: number) =>
  killed.filter((entry) => entry.path !== what && !hasExpired(entry.until, now));

function killSwitchValue(killed: readonly KilledPath[]): Map<string, string | undefined> {
  const value = JSON.stringify(killed);
  if (value.length > maxValueLength) {
    throw new OpsError(
      `The list of paths that are switched off would have ${value.length} characters, over CloudFront's ${maxValueLength}.`,
      'Restore some, or switch off a path above them.',
    );
  }
  return new Map([[killKey, killed.length === 0 ? undefined : value]]);
}

function changeOf(what: string, before: number | undefined, after: number | undefined): Change[] {
  if (before === after) return [];
  const untilText = (name: 'before' | 'after', until: number | undefined) =>
    until === undefined ? {} : { [name]: until === 0 ? 'until it is unblocked' : `until ${dateOf(until)}` };
  return [{ path: what, ...untilText('before', before), ...untilText('after', after) }];
}
