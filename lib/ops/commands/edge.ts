import { isIP } from 'node:net';
import { type Command, InvalidArgumentError } from 'commander';
import { blockKeys, blockPrefix } from '../../features/edge/viewer-request/kill-switches.ts';
import { futureInstant, secondsFromNow } from './argument-parsers.ts';
import { dateOf, type ExpiryOption, hasExpired } from './edge-expiry.ts';
import { type InvalidateOptions, invalidate } from './edge-invalidation.ts';
import { blockAddress, type KillOptions, killPath, restorePath, unblockAddress } from './edge-switches.ts';
import type { Report } from './report.ts';
import { changeCommand, type OpsPorts, readCommand, type Session } from './session.ts';
import { textTable } from './text-table.ts';

/** `edge`: addresses and paths that the edge refuses, and its cache. */
export function addEdge(program: Command, ports: OpsPorts): void {
  const edge = program
    .command('edge')
    .description('Addresses and paths that the edge refuses, and its cache.');
  readCommand(edge.command('list').description('list refused addresses and paths'), ports, list);
  changeCommand<ExpiryOption>(
    edge
      .command('block')
      .argument('<address>', 'an address, an IPv4 /24 network or an IPv6 /64 network', address)
      .description('refuse all calls from an address with 403')
      .option('--until <date>', 'when the block expires', futureInstant(ports.now)),
    ports,
    blockAddress,
  );
  changeCommand(
    edge
      .command('unblock')
      .argument('<address>', 'as shown by edge list', address)
      .description('accept its calls again'),
    ports,
    unblockAddress,
  );
  changeCommand<KillOptions>(
    edge
      .command('kill')
      .argument('<path>', 'a path and everything below it; / is everything', path)
      .description('refuse all calls to a path with 503')
      .option('--retry-after <time>', 'value of Retry-After', secondsFromNow(ports.now), 120)
      .option('--until <date>', 'when the refusal expires', futureInstant(ports.now)),
    ports,
    killPath,
  );
  changeCommand(
    edge
      .command('restore')
      .argument('<path>', 'as shown by edge list', path)
      .description('accept calls to the path again'),
    ports,
    restorePath,
  );
  changeCommand<InvalidateOptions>(
    edge
      .command('invalidate')
      .argument('[paths...]', 'such as /api/products/p1, or /api/products* for every path with this prefix')
      .description('invalidate cached answers, so that the service answers the next call')
      .option('--tag <tag>', 'invalidate answers with this Cache-Tag; repeatable', collected, []),
    ports,
    invalidate,
  );
}

async function list({ gateway, ports }: Session): Promise<Report> {
  const { killed, blocked } = await (await gateway.edge()).switches();
  const now = ports.now();
  const entries = [
    ...killed.map(({ path: what, until, retryAfterSeconds, maintenance }) => ({
      kind: 'path',
      what,
      until,
      detail: `Retry-After ${retryAfterSeconds} s${maintenance === true ? ', maintenance' : ''}`,
    })),
    ...[...blocked].map(([what, { until, reason }]) => ({ kind: 'address', what, until, detail: reason })),
  ].map(({ until, ...entry }) => ({
    ...entry,
    until: until === 0 ? null : dateOf(until),
    over: hasExpired(until, now),
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

/** Normalises an address to the form that the viewer-request function looks up. */
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
