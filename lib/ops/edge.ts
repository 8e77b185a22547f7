import { isIP } from 'node:net';
import { type Command, InvalidArgumentError } from 'commander';
import {
  type BlockedAddress,
  blockKeys,
  blockPrefix,
  type KilledPath,
  killKey,
  maxValueLength,
} from '../edge-functions/switches.ts';
import { duration, instant } from './amounts.ts';
import { changeDirectly } from './change-directly.ts';
import type { Change } from './difference.ts';
import type { EdgeAccess, EdgeSwitches } from './edge-access.ts';
import { OpsFault, usageFault } from './fault.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, changing, type OpsPorts, reading, type Session } from './session.ts';
import { textTable } from './table.ts';

interface UntilOption {
  readonly until?: string;
}

interface KillOptions extends UntilOption {
  readonly retryAfter: number;
}

interface InvalidateOptions {
  readonly tag: readonly string[];
}

const effect = 'at every edge location within seconds';

/** `edge`: whom and what the edge refuses, and what it keeps. */
export function addEdge(program: Command, ports: OpsPorts): void {
  const edge = program.command('edge').description('Whom and what the edge refuses, and what it keeps.');
  reading(edge.command('list').description('addresses and paths that are refused'), ports, list);
  changing<UntilOption>(
    edge
      .command('block')
      .argument('<address>', 'an address, an IPv4 network of 24 bits or an IPv6 network of 64', address)
      .description('answer 403 to every call from there')
      .option('--until <date>', 'when it ends by itself', instant),
    ports,
    block,
  );
  changing(
    edge
      .command('unblock')
      .argument('<address>', 'as it is listed', address)
      .description('take its calls again'),
    ports,
    unblock,
  );
  changing<KillOptions>(
    edge
      .command('kill')
      .argument('<path>', 'this path and all below; / is everything', path)
      .description('answer 503 to every call there')
      .option('--retry-after <time>', 'when callers may come again', duration, 120)
      .option('--until <date>', 'when it ends by itself', instant),
    ports,
    kill,
  );
  changing(
    edge.command('revive').argument('<path>', 'as it is listed', path).description('take calls there again'),
    ports,
    revive,
  );
  changing<InvalidateOptions>(
    edge
      .command('invalidate')
      .argument('[paths...]', 'such as /api/products/p1, or /api/products* for all that begin so')
      .description('forget copies, so that the next call is answered by the service')
      .option('--tag <tag>', 'copies whose Cache-Tag has it; may be given again', collected, []),
    ports,
    invalidate,
  );
}

async function list({ gateway, ports }: Session): Promise<Report> {
  const { killed, blocked } = await (await gateway.edge()).switches();
  const now = ports.now();
  const entries = [
    ...killed.map(({ path: what, until, retryAfterSeconds }) => ({
      kind: 'path',
      what,
      until,
      detail: `Retry-After ${retryAfterSeconds} s`,
    })),
    ...[...blocked].map(([what, { until, reason }]) => ({ kind: 'address', what, until, detail: reason })),
  ].map(({ until, ...entry }) => ({
    ...entry,
    until: until === 0 ? null : dateOf(until),
    over: isOver(until, now),
  }));
  const rows = entries.map(({ kind, what, until, over, detail }) => [
    kind,
    what,
    over ? 'over' : (until ?? 'switched back'),
    detail,
  ]);
  return {
    json: { environment: gateway.environment, refused: entries },
    text: rows.length === 0 ? 'Nothing is refused.' : textTable(['KIND', 'WHAT', 'UNTIL', 'DETAIL'], rows),
  };
}

async function block(session: Session<UntilOption & ChangeOptions>, what = ''): Promise<Report> {
  const { ports, options } = session;
  const until = untilOf(options, ports);
  const entry: BlockedAddress = { until, reason: options.reason };
  return await switchOver(session, `edge:${what}`, ({ blocked }) => {
    const before = blocked.get(what);
    return {
      changes: [changeOf(`blocked[${JSON.stringify(what)}]`, before?.until, until)].flat(),
      values: new Map([[`${blockPrefix}${what}`, JSON.stringify(entry)]]),
    };
  });
}

async function unblock(session: Session<ChangeOptions>, what = ''): Promise<Report> {
  return await switchOver(session, `edge:${what}`, ({ blocked }) => ({
    changes: changeOf(`blocked[${JSON.stringify(what)}]`, blocked.get(what)?.until, undefined),
    values: new Map([[`${blockPrefix}${what}`, undefined]]),
  }));
}

async function kill(session: Session<KillOptions & ChangeOptions>, what = ''): Promise<Report> {
  const { ports, options } = session;
  const entry: KilledPath = {
    path: what,
    retryAfterSeconds: options.retryAfter,
    until: untilOf(options, ports),
  };
  return await switchOver(session, `edge:${what}`, ({ killed }) => {
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
      values: killValue([...without(killed, what, ports.now()), entry]),
    };
  });
}

async function revive(session: Session<ChangeOptions>, what = ''): Promise<Report> {
  return await switchOver(session, `edge:${what}`, ({ killed }) => {
    const before = killed.find(({ path: known }) => known === what);
    return {
      changes: before === undefined ? [] : [{ path: `killed[${JSON.stringify(what)}]`, before }],
      values: killValue(without(killed, what, session.ports.now())),
    };
  });
}

async function invalidate(
  session: Session<InvalidateOptions & ChangeOptions>,
  ...paths: string[]
): Promise<Report> {
  const { gateway, options, ports } = session;
  const wrong = paths.find((one) => !/^\/[^*]*\*?$/.test(one));
  if (wrong !== undefined) {
    throw usageFault(
      `${wrong} is no path to invalidate.`,
      'Begin it with "/"; "*" may stand at its end only.',
    );
  }
  const items = [...paths, ...options.tag.map((tag) => `#${tag}`)];
  if (items.length === 0) throw usageFault('Nothing is named.', 'Give paths, or --tag.');
  return await changeDirectly(session, {
    document: 'edge:cache',
    changes: items.map((item) => ({ path: item, after: 'forgotten' })),
    effect: 'at every edge location within a minute or two',
    apply: async () => {
      await (await gateway.edge()).invalidate(items, `ops-${ports.now()}`);
      return { invalidated: items };
    },
  });
}

interface Switched {
  readonly changes: readonly Change[];
  readonly values: ReadonlyMap<string, string | undefined>;
}

async function switchOver(
  session: Session<ChangeOptions>,
  document: string,
  edit: (switches: EdgeSwitches) => Switched,
): Promise<Report> {
  const edge: EdgeAccess = await session.gateway.edge();
  const switches = await edge.switches();
  const { changes, values } = edit(switches);
  return await changeDirectly(session, {
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
    .filter(([, { until }]) => isOver(until, now))
    .slice(0, 40)
    .map(([what]) => [`${blockPrefix}${what}`, undefined]);
}

const without = (killed: readonly KilledPath[], what: string, now: number) =>
  killed.filter((entry) => entry.path !== what && !isOver(entry.until, now));

function killValue(killed: readonly KilledPath[]): Map<string, string | undefined> {
  const value = JSON.stringify(killed);
  if (value.length > maxValueLength) {
    throw new OpsFault(
      `The list of paths that are switched off would have ${value.length} characters, over CloudFront's ${maxValueLength}.`,
      'Revive some, or switch off a path above them.',
    );
  }
  return new Map([[killKey, killed.length === 0 ? undefined : value]]);
}

function changeOf(what: string, before: number | undefined, after: number | undefined): Change[] {
  if (before === after) return [];
  const told = (name: 'before' | 'after', until: number | undefined) =>
    until === undefined ? {} : { [name]: until === 0 ? 'until it is unblocked' : `until ${dateOf(until)}` };
  return [{ path: what, ...told('before', before), ...told('after', after) }];
}

function untilOf({ until }: UntilOption, ports: OpsPorts): number {
  if (until === undefined) return 0;
  const at = Date.parse(until);
  if (at <= ports.now()) throw usageFault(`--until ${until} is past.`, 'Give a date to come.');
  return Math.floor(at / 1_000);
}

const isOver = (until: number, now: number) => until !== 0 && until * 1_000 <= now;

const dateOf = (seconds: number) => new Date(seconds * 1_000).toISOString();

/** As the edge's function looks it up. */
function address(text: string): string {
  const [, host = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(host);
  const network = version === 4 ? '24' : '64';
  if (version === 0 || (bits !== undefined && bits !== network && bits !== (version === 4 ? '32' : '128'))) {
    throw new InvalidArgumentError('Give an address, an IPv4 network "/24" or an IPv6 network "/64".');
  }
  const [own = '', wide = ''] = blockKeys(host);
  return (bits === network ? wide : own).slice(blockPrefix.length);
}

function path(text: string): string {
  if (/^\/[^\s?#*]*$/.test(text)) return text === '/' ? text : text.replace(/\/$/, '');
  throw new InvalidArgumentError('Give a path, such as /api/orders, without a query or "*".');
}

const collected = (value: string, before: readonly string[]) => [...before, value];
