import type { Command } from 'commander';
import { secondsFromNow } from './argument-parsers.ts';
import { changePolicy } from './change-policy.ts';
import { endPartnerMaintenance, startPartnerMaintenance } from './edge-switches.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, changeCommand, type OpsPorts, readCommand, type Session } from './session.ts';

interface OnOptions {
  readonly retryAfter: number;
}

/** `maintenance`: takes the whole shop out of service, except its health path. */
export function addMaintenance(program: Command, ports: OpsPorts): void {
  const maintenance = program
    .command('maintenance')
    .description(
      'Answer 503 everywhere except the health path: the public API by the authorizer, partners at the edge. "edge kill /" takes effect sooner.',
    );
  changeCommand<OnOptions>(
    maintenance
      .command('start')
      .description('take the shop out of service')
      .requiredOption('--retry-after <time>', 'value of Retry-After, such as 10m', secondsFromNow(ports.now)),
    ports,
    begin,
  );
  readCommand(
    maintenance.command('status').description('whether the shop is out of service, and why'),
    ports,
    status,
  );
  changeCommand(maintenance.command('end').description('put the shop back into service'), ports, end);
}

async function status({ gateway }: Session): Promise<Report> {
  const { policy, revision } = await gateway.policies.current();
  const { maintenance } = policy;
  return {
    json: { environment: gateway.environment, revision, maintenance },
    text:
      maintenance === null
        ? `${gateway.environment} is in service.`
        : `${gateway.environment} is down for maintenance: ${maintenance.reason}\nCallers get Retry-After: ${maintenance.retryAfterSeconds}. Put it back with npm run ops -- maintenance end.`,
  };
}

/**
 * The public API by the runtime policy, deployed at once, because the alarms of a staged rollout would treat the 503s as
 * a fault; the partner API at the edge.
 */
async function begin(session: Session<OnOptions & ChangeOptions>): Promise<Report> {
  const { retryAfter, reason } = session.options;
  const publicApi = await changePolicy(
    session,
    (policy) => ({ ...policy, maintenance: { retryAfterSeconds: retryAfter, reason } }),
    'at-once',
  );
  return together(publicApi, await startPartnerMaintenance(session));
}

async function end(session: Session<ChangeOptions>): Promise<Report> {
  const publicApi = await changePolicy(session, (policy) => ({ ...policy, maintenance: null }), 'at-once');
  return together(publicApi, await endPartnerMaintenance(session));
}

/** One report of both; it changed something if either did. */
function together(publicApi: Report, partnerApi: Report): Report {
  const [policy, edge] = [publicApi.json, partnerApi.json] as [{ changed: boolean }, { changed: boolean }];
  return {
    json: { ...policy, changed: policy.changed || edge.changed, partnerApi: edge },
    text: `${publicApi.text}\nPartner API: ${partnerApi.text}`,
  };
}
