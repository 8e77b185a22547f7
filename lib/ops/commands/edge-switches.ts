import { partnerStage } from '../../../runtime/contracts/gateway-contract.ts';
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

/** Blocks an address or a network. */
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

/** Unblocks an address or a network. */
export async function unblockAddress(session: Session<ChangeOptions>, what = ''): Promise<Report> {
  return await changeSwitches(session, `edge:${what}`, ({ blocked }) => ({
    changes: changeOf(`blocked[${JSON.stringify(what)}]`, blocked.get(what)?.until, undefined),
    values: new Map([[`${blockPrefix}${what}`, undefined]]),
  }));
}

/** Switches off a path and all paths below it. */
export async function killPath(session: Session<KillOptions & ChangeOptions>, what = ''): Promise<Report> {
  const { ports, options } = session;
  const retryAfterSeconds = options.retryAfter;
  return await kill(session, { path: what, retryAfterSeconds, until: expiryOf(options, ports) });
}

/** Path of the partner API, whose decisions do not depend on the runtime policy. */
const partnerPath = `/${partnerStage}`;

/** Switches off the partner API for maintenance. */
export async function startPartnerMaintenance(
  session: Session<Pick<KillOptions, 'retryAfter'> & ChangeOptions>,
): Promise<Report> {
  const retryAfterSeconds = session.options.retryAfter;
  return await kill(session, { path: partnerPath, retryAfterSeconds, until: 0, maintenance: true });
}

/** Switches the partner API on again, unless operators switched it off for another reason. */
export async function endPartnerMaintenance(session: Session<ChangeOptions>): Promise<Report> {
  return await restore(session, partnerPath, ({ maintenance }) => maintenance === true);
}

async function kill(session: Session<ChangeOptions>, entry: KilledPath): Promise<Report> {
  const { ports } = session;
  const what = entry.path;
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

/** Switches a path on again. */
export async function restorePath(session: Session<ChangeOptions>, what = ''): Promise<Report> {
  return await restore(session, what, () => true);
}

async function restore(
  session: Session<ChangeOptions>,
  what: string,
  isMeant: (entry: KilledPath) => boolean,
): Promise<Report> {
  return await changeSwitches(session, `edge:${what}`, ({ killed }) => {
    const before = killed.find((entry) => entry.path === what && isMeant(entry));
    if (before === undefined) return { changes: [], values: new Map() };
    return {
      changes: [{ path: `killed[${JSON.stringify(what)}]`, before }],
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

/** Expired blocks, which the next change removes from the store, up to 40 at a time. */
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
      `The list of switched-off paths would have ${value.length} characters, more than the ${maxValueLength} of CloudFront.`,
      'Restore some paths, or switch off a common parent path.',
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
