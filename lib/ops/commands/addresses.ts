import { isIP } from 'node:net';
import { type Command, InvalidArgumentError } from 'commander';
import { AddressList, readAddress } from '../../../runtime/http/client-address.ts';
import type { AddressRange } from '../../../runtime/policy/runtime-policy.ts';
import { confirm } from '../confirm.ts';
import { futureInstant } from './argument-parsers.ts';
import { changePolicy } from './change-policy.ts';
import { OpsError } from './ops-error.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, changeCommand, type OpsPorts, readCommand, type Session } from './session.ts';
import { textTable } from './text-table.ts';

interface RangeOptions {
  readonly until?: string;
}

/** `addresses`: ranges that the authorizer blocks, and exceptions. */
export function addAddresses(program: Command, ports: OpsPorts): void {
  const addresses = program
    .command('addresses')
    .description(
      'Blocked address ranges of the authorizer, and exceptions. "edge block" takes effect sooner, at the edge.',
    );
  readCommand(addresses.command('list').description('list blocked and allowed ranges'), ports, list);
  for (const [verb, description] of [
    ['block', 'refuse all calls from a range with 403'],
    ['allow', 'allow a range inside a blocked one'],
  ] as const) {
    changeCommand<RangeOptions>(
      addresses
        .command(verb)
        .argument('<range>', 'such as 192.0.2.0/24 or 192.0.2.7', range)
        .description(description)
        .option('--until <time>', 'when it ends, such as 24h or 2026-12-24', futureInstant(ports.now)),
      ports,
      (session, cidr = '') => add(session, verb, cidr),
    );
  }
  changeCommand(
    addresses
      .command('remove')
      .argument('<range>', 'as shown by addresses list', range)
      .description('remove a range from both lists'),
    ports,
    clear,
  );
}

async function list({ gateway, ports }: Session): Promise<Report> {
  const { addresses } = (await gateway.policies.current()).policy;
  const now = ports.now();
  const rows = (['block', 'allow'] as const).flatMap((verb) =>
    inForce(addresses[verb], now).map((entry) => ({ ...entry, state: verb })),
  );
  return {
    json: { environment: gateway.environment, ranges: rows },
    text:
      rows.length === 0
        ? 'No range is blocked.'
        : textTable(
            ['RANGE', 'STATE', 'UNTIL', 'REASON'],
            rows.map(({ range: cidr, state, until, reason }) => [cidr, state, until ?? '-', reason ?? '-']),
          ),
  };
}

async function add(
  session: Session<RangeOptions & ChangeOptions>,
  verb: 'block' | 'allow',
  cidr: string,
): Promise<Report> {
  const { ports, options } = session;
  const { until, reason } = options;
  if (verb === 'block' && options.dryRun !== true) await confirmWideBlock(session, cidr);
  return await changePolicy(
    session,
    (policy) => {
      const { addresses } = policy;
      const others = inForce(addresses[verb], ports.now()).filter((entry) => entry.range !== cidr);
      const before = addresses[verb].find((entry) => entry.range === cidr);
      // The same range until the same time changes nothing, even with another reason.
      if (before !== undefined && before.until === until) return policy;
      const entry = { range: cidr, ...(until === undefined ? {} : { until }), reason };
      return { ...policy, addresses: { ...addresses, [verb]: [...others, entry] } };
    },
    'at-once',
  );
}

/** Ranges that have not ended. */
function inForce(ranges: readonly AddressRange[], now: number): readonly AddressRange[] {
  return ranges.filter(({ until }) => until === undefined || now < Date.parse(until));
}

/** The shortest prefix that is blocked without a question: a provider's network, not a part of the internet. */
const widest = { 4: 16, 6: 32 } as const;

/** Asks before a block cuts off much of the internet, or the operator. */
async function confirmWideBlock({ ports, options }: Session<ChangeOptions>, cidr: string): Promise<void> {
  const [address = '', prefix = ''] = cidr.split('/');
  const isWide = Number(prefix) < (isIP(address) === 4 ? widest[4] : widest[6]);
  const blocked = new AddressList([cidr]);
  const own = (await ports.ownAddresses()).filter((text) => {
    const read = readAddress(text);
    return read !== undefined && blocked.includes(read);
  });
  const risks = [
    ...(isWide ? [`${cidr} is a large part of the internet: all callers in it get 403.`] : []),
    ...own.map((text) => `${cidr} contains your own address ${text}.`),
  ];
  if (risks.length > 0) await confirm(ports, risks.join('\n'), { yes: options.yes === true });
}

async function clear(session: Session<ChangeOptions>, cidr = ''): Promise<Report> {
  return await changePolicy(
    session,
    (policy) => {
      const { block, allow } = policy.addresses;
      if (![...block, ...allow].some((entry) => entry.range === cidr)) {
        throw new OpsError(
          `${cidr} is neither blocked nor allowed.`,
          'Run npm run ops -- addresses list to see the ranges.',
        );
      }
      const without = (ranges: readonly AddressRange[]) => ranges.filter((one) => one.range !== cidr);
      return { ...policy, addresses: { block: without(block), allow: without(allow) } };
    },
    'at-once',
  );
}

/** Normalises a range; a single address becomes a range of one. */
function range(text: string): string {
  const [address = '', prefix, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) {
    throw new InvalidArgumentError('Give an address or a range, such as 192.0.2.7 or 2001:db8::/56.');
  }
  return prefix === undefined ? `${address}/${version === 4 ? 32 : 128}` : text;
}
