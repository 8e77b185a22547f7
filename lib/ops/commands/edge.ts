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

/** `edge`: whom and what the edge refuses, and what it keeps. */
export function addEdge(program: Command, ports: OpsPorts): void {
  const edge = program.command('edge').description('Whom and what the edge refuses, and what it keeps.');
  readCommand(edge.command('list').description('addresses and paths that are refused'), ports, list);
  changeCommand<ExpiryOption>(
    edge
      .command('block')
      .argument('<address>', 'an address, an IPv4 network of 24 bits or an IPv6 network of 64', address)
      .description('answer 403 to every call from there')
      .option('--until <date>', 'when it ends by itself', futureInstant(ports.now)),
    ports,
    blockAddress,
  );
  changeCommand(
    edge
      .command('unblock')
      .argument('<address>', 'as it is listed', address)
      .description('take its calls again'),
    ports,
    unblockAddress,
  );
  changeCommand<KillOptions>(
    edge
      .command('kill')
      .argument('<path>', 'this path and all below; / is everything', path)
      .description('answer 503 to every call there')
      .option('--retry-after <time>', 'when callers may come again', secondsFromNow(ports.now), 120)
      .option('--until <date>', 'when it ends by itself', futureInstant(ports.now)),
    ports,
    killPath,
  );
  changeCommand(
    edge.command('restore').argument('<path>', 'as it is listed', path).description('take calls there again'),
    ports,
    restorePath,
  );
  changeCommand<InvalidateOptions>(
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
