import { isIP } from 'node:net';
import { type Command, InvalidArgumentError } from 'commander';
import { changePolicy } from './change-policy.ts';
import { OpsError } from './ops-error.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, changeCommand, type OpsPorts, readCommand, type Session } from './session.ts';
import { textTable } from './text-table.ts';

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
    changeCommand(
      addresses
        .command(verb)
        .argument('<range>', 'such as 192.0.2.0/24 or 192.0.2.7', range)
        .description(description),
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

async function list({ gateway }: Session): Promise<Report> {
  const { addresses } = (await gateway.policies.current()).policy;
  const rows = (['block', 'allow'] as const).flatMap((verb) => addresses[verb].map((cidr) => [cidr, verb]));
  return {
    json: { environment: gateway.environment, ...addresses },
    text: rows.length === 0 ? 'No range is blocked.' : textTable(['RANGE', 'STATE'], rows),
  };
}

async function add(session: Session<ChangeOptions>, verb: 'block' | 'allow', cidr: string): Promise<Report> {
  return await changePolicy(
    session,
    (policy) => {
      const { addresses } = policy;
      if (addresses[verb].includes(cidr)) return policy;
      return { ...policy, addresses: { ...addresses, [verb]: [...addresses[verb], cidr] } };
    },
    'at-once',
  );
}

async function clear(session: Session<ChangeOptions>, cidr = ''): Promise<Report> {
  return await changePolicy(
    session,
    (policy) => {
      const { block, allow } = policy.addresses;
      if (![...block, ...allow].includes(cidr)) {
        throw new OpsError(
          `${cidr} is neither blocked nor allowed.`,
          'Run npm run ops -- addresses list to see the ranges.',
        );
      }
      const without = (ranges: readonly string[]) => ranges.filter((one) => one !== cidr);
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
